"""The loop that trains, its batches and metrics; learning rates, layers and samples in a frame."""

import ast
import textwrap

import pytest

from engine.scripts.loops import LoopError, find_loop
from engine.scripts.script import Script
from engine.scripts.states import LoopUnknownError

from .strangers import OTHERS, PROGRAMS, TRAINING


def loop_of(text, line=None):
    return find_loop(ast.parse(textwrap.dedent(text)), line)


FOUND = [p for p in (*TRAINING, *OTHERS) if p.name != "environment"]  # which warns


@pytest.mark.parametrize("program", FOUND, ids=str)
def test_the_loop_that_trains_is_found(program):
    assert find_loop(ast.parse(program.path.read_bytes())).text == program.loop


@pytest.mark.parametrize(
    ("name", "batches"),
    [
        ("momentum", []),
        ("in_class", ["for xb, yb in self.batches(X, y, 16):"]),
        ("in_main", ["for x, target in data:"]),
        ("partial_fit", ["for batch in np.array_split(rng.permutation(200), 5):"]),
        ("torch_mlp", ["for start in range(0, 64, 16):"]),
        ("pure", []),
        ("asynchronous", ["async for x in batches(3):"]),
    ],
)
def test_inner_loops_over_batches_are_found(name, batches):
    found = find_loop(ast.parse((PROGRAMS / f"{name}.py").read_bytes()))
    assert [ast.unparse(loop).partition("\n")[0] for loop in found.batches] == batches


@pytest.mark.parametrize(
    ("text", "counter"),
    [
        ("for epoch in range(9): w -= lr * w", "epoch"),
        ("for i, (x, y) in enumerate(data): w -= lr * w", "i"),
        ("while go:\n  w -= lr * w\n  seen += 1\n  step += 1", "step"),
        ("while go:\n  w -= lr * w", ""),
        ("for self.epoch in range(9): w -= lr * w", ""),
    ],
)
def test_the_counter_is_found(text, counter):
    assert loop_of(text).counter == counter


@pytest.mark.parametrize(
    "body",
    [
        "loss.backward()", "optimizer.step()", "model.fit(X, y)", "model.partial_fit(X, y)",
        "opt.update_params(layer)", "W1 -= learning_rate * dW1", "w = w - self.lr * g",
        "p['W'] += -lr * g['W']", "learn(model)", "model.learn()",
    ],
)  # fmt: skip
def test_a_loop_trains_by_what_it_does(body):
    found = loop_of(f"""
        def learn(m): help(m)
        def help(m):
            for p in m: p.data -= eta * p.grad
        for row in open(file): rows.append(row)
        for _ in range(9):
            {body}
        for row in rows: print(row)
    """)
    assert found.text == "for _ in range(9):"


def test_where_loops_are_nested_the_outermost_is_it():
    found = loop_of("""
        def train(model):
            for epoch in range(9):
                for batch in batches: model.step(batch)
        for fold in range(5):
            train(Model())
    """)
    assert found.text == "for fold in range(5):"


def test_a_loop_in_a_function_that_is_not_called_is_not_it():
    found = loop_of("""
        def train_old(model):
            for epoch in range(9): model.step()
        def train(model):
            for epoch in range(8): model.step()
        if __name__ == "__main__":
            train(Model())
    """)
    assert found.text == "for epoch in range(8):"


def test_where_it_cannot_be_told_the_loops_are_listed_and_a_line_decides():
    text = """
        for epoch in range(9): model.step()
        for epoch in range(8): model.step()
    """
    with pytest.raises(LoopError, match="more than one loop") as caught:
        loop_of(text)
    assert [(loop.line, loop.text) for loop in caught.value.loops] == [
        (2, "for epoch in range(9):"),
        (3, "for epoch in range(8):"),
    ]
    assert loop_of(text, 3).text == "for epoch in range(8):"
    with pytest.raises(LoopError, match="no loop begins at line 4"):
        loop_of(text, 4)
    with pytest.raises(LoopError, match="no loop seems to train"):
        loop_of("for row in rows: print(row)")


def test_a_script_is_refused_that_has_no_such_loop(tmp_path):
    path = tmp_path / "prints.py"
    path.write_text("for row in range(3):\n    print(row)\n")
    with pytest.raises(LoopUnknownError, match="no loop seems to train") as caught:
        Script(path)
    assert caught.value.loops == [(1, "for row in range(3):", "<module>")]
    with Script(path, loop=1) as script:
        script.run()
        assert script.logs["stdout"] == b"0\n1\n2\n"


@pytest.mark.parametrize("program", [p for p in TRAINING if p.name != "torch_mlp"], ids=str)
def test_likely_metrics_are_measured_in_each_iteration(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    measured = []
    with Script(program.path, program.arguments, measured=measured.append) as script:
        script.run()
    assert tuple(measured[-1].metrics) == program.metrics
    assert [m.iteration for m in measured] == list(range(len(measured)))
    first, *_ = epochs = [m.epoch for m in measured]
    assert epochs == [first + i for i in range(len(epochs))]


def at_iteration(name, iteration):
    script = Script(PROGRAMS / f"{name}.py")
    for _ in range(iteration + 1):
        script.step("iteration")
    return script


def test_others_can_be_measured_also_attributes_and_expressions():
    measured = []
    with Script(PROGRAMS / "in_class.py", measured=measured.append) as script:
        script.step("iteration")
        script.step("iteration")
        chosen, possible = script.metrics()
        assert chosen == ["total_loss", "val_error", "self.train_loss"]
        assert possible["total_loss"] > 0
        script.measure(["self.model.t", "abs(self.model.params['W0']).sum()", "no.such"])
        script.step("iteration")
    assert list(measured[-1].metrics) == ["self.model.t", "abs(self.model.params['W0']).sum()"]
    assert measured[-1].metrics["self.model.t"] == 10


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("momentum", {"optimizer.learning_rate": 1.0}),
        ("in_class", {"self.lr": 0.01}),
        ("while_loop", {"lr": 0.5}),
        ("partial_fit", {"clf.eta0": 0.01}),
    ],
)
def test_learning_rates_are_found(name, rate):
    with at_iteration(name, 1) as script:
        assert script.rates() == rate


def test_layers_are_found_in_objects_and_dictionaries():
    with at_iteration("momentum", 2) as script:
        layers = script.layers()
        assert layers["dense1"][".weights"] == ("float64", (2, 16))
        assert layers["dense2"][".dweights"] == ("float64", (16, 3))
    with at_iteration("in_class", 1) as script:
        layers = script.layers()
        assert layers["self.model.params"]["['W0']"] == ("float64", (3, 12))
        assert layers["self.model"][".mask"] == ("bool", (16, 12))


def test_samples_are_rows_that_sum_to_one_with_as_many_labels():
    with at_iteration("momentum", 1) as script:
        assert script.samples() == {"probabilities": "y"}
    with at_iteration("partial_fit", 1) as script:
        assert script.samples() == {"proba": "y"}


def test_what_pytorch_holds_is_found():
    pytest.importorskip("torch")
    with at_iteration("torch_mlp", 2) as script:
        assert script.rates() == {"optimizer.param_groups[0]['lr']": 0.1}
        layers = script.layers()
        assert list(layers) == ["model.get_submodule('0')", "model.get_submodule('2')"]
        assert layers["model.get_submodule('0')"][".weight.grad"] == ("torch.float32", (16, 2))
        kind, shape, data = script.array("model.get_submodule('0').weight.grad")
        assert (kind, shape, len(data)) == ("<f4", (16, 2), 128)
        script.stop_at(["isnan(loss)", "norm(*model.parameters()) > 4 and loss < 0.5"])
        assert script.run().reason == "norm(*model.parameters()) > 4 and loss < 0.5"
        assert script.logs["stderr"] == b""
