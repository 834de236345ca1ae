"""Steps, conditions, pauses; what is evaluated and executed where a script stands."""

from pathlib import Path

import numpy as np
import pytest

from engine.scripts.places import Position
from engine.scripts.script import Script
from engine.scripts.states import Ended, ScriptError, Stopped

from .strangers import PROGRAMS


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scripts = []

    def started(name, *arguments, **options):
        path = PROGRAMS / name if name.endswith(".py") else tmp_path / name
        scripts.append(Script(path, arguments, **options))
        return scripts[-1]

    yield started
    for script in scripts:
        script.close()


def text_at(script):
    line = script.state.line
    with open(line.file) as file:
        return file.read().splitlines()[line.number - 1].strip()


def test_statements_are_stepped_through_into_own_functions_also_of_other_files(start):
    script = start("in_main.py")
    texts = [text_at(script) for _ in range(6) if script.step()]
    assert texts == [
        "random.shuffle(data)",
        "loss = train_one_epoch(neuron, data, args.lr)",
        "total = 0.0",
        "for x, target in data:",
        "error = neuron(x) - target",
        "return 1 / (1 + math.exp(-sum(w * v for w, v in zip(self.w, x)) - self.b))",
    ]
    assert script.state.line.function == "Neuron.__call__"
    assert script.state.line.file == str(PROGRAMS / "engine.py")


def test_batches_and_iterations_are_stepped_through(start):
    script = start("in_class.py")
    assert script.step("batch").position == Position(0, 0, 0)
    assert [script.step("batch").position for _ in range(7)] == [
        *(Position(0, batch, 0) for batch in range(1, 6)),
        Position(1, 0, 0),
        Position(1, 1, 0),
    ]
    assert script.step("iteration").position == Position(2, 0, 0)
    assert text_at(script) == "total_loss = 0.0"


def test_after_the_loop_its_end_is_a_place_too(start):
    script = start("momentum.py")
    script.go_to(Position(120))
    assert isinstance(script.step("iteration"), Ended)
    script = start("while_loop.py")
    script.stop_at(["mse < 1e-2"])
    state = script.run()
    assert text_at(script) == 'print("done", epoch)'
    assert state.reason == "mse < 1e-2"
    assert script.evaluate("mse < 1e-2")[0] == "np.True_"


CONDITIONS = {
    "loss < 0.9": lambda epoch, loss: loss < 0.9,
    "isfinite(loss) and epoch > 60": lambda epoch, loss: epoch > 60,
    "0 < norm(dense2.dweights) and epoch >= 3": lambda epoch, loss: epoch >= 3,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_stops_after_the_first_iteration_at_which_it_holds(condition, start):
    measured = []
    script = start("momentum.py", measured=measured.append)
    script.stop_at([condition, "nowhere.known > 3"])
    state = script.run()
    assert state.reason == condition
    assert state.position == Position(len(measured))
    held = [CONDITIONS[condition](m.epoch, m.metrics["loss"]) for m in measured]
    assert held == [False] * (len(measured) - 1) + [True]


def test_a_line_stops_each_time(start):
    script = start("momentum.py")
    path = str(PROGRAMS / "momentum.py")
    texts = Path(path).read_text().splitlines()
    line = 1 + next(place for place, text in enumerate(texts) if "layer.biases +=" in text)
    script.stop_at(lines=[(path, line)])
    for iteration in (0, 0, 1, 1):
        state = script.run()
        assert state.reason == f"line {line}"
        assert state.position.iteration == iteration
        assert text_at(script) == "layer.biases += layer.bias_momentums"


def test_a_wrong_condition_is_refused_in_one_line(start):
    script = start("momentum.py")
    with pytest.raises(ScriptError, match="SyntaxError: invalid syntax"):
        script.stop_at(["loss <"])


def test_a_running_script_is_paused_at_an_iteration(start):
    script = start("notebook.py")
    script.resume()
    while script.state is None and len(script.logs["stdout"]) < 300:
        script.attend()
    script.pause()
    state = script.wait()
    assert isinstance(state, Stopped)
    assert state.reason == "pause"
    assert state.position[1:] == (0, 0)
    assert 0 < state.position.iteration < 10000
    assert script.evaluate("epoch")[1] == state.position.iteration


def test_a_running_script_answers(start):
    script = start("notebook.py")
    script.resume()
    while not script.checkpoints:
        script.attend()
    first = script.evaluate("epoch")[1]
    while script.evaluate("epoch")[1] == first:
        assert script.state is None


def test_expressions_are_evaluated_in_the_frame_that_stands(start):
    script = start("shapes.py")
    script.step("iteration")
    while text_at(script) != "e *= 2":
        script.step()
    assert script.evaluate("e")[1] == -0.5
    assert script.evaluate("[e for _ in range(2)]")[0] == "[-0.5, -0.5]"
    with pytest.raises(ScriptError, match="NameError: name 'nothing' is not defined"):
        script.evaluate("nothing")
    with pytest.raises(ScriptError, match="ZeroDivisionError"):
        script.evaluate("1 / 0")


def test_statements_change_globals_and_local_variables(start):
    script = start("momentum.py")
    script.step("iteration")
    script.execute("optimizer.learning_rate = 0.25; X[3] = 7")
    assert script.rates() == {"optimizer.learning_rate": 0.25}
    kind, shape, data = script.array("X")
    assert (np.frombuffer(data, kind).reshape(shape)[3] == 7).all()

    script = start("in_main.py")
    while script.step().line.function != "Neuron.update_weights":
        pass
    script.execute("args.lr = 0.5; best = 0.0", in_loop=True)
    script.execute("lr = 0.25")
    assert script.evaluate("args.lr, best", in_loop=True)[0] == "(0.5, 0.0)"
    assert script.evaluate("lr")[1] == 0.25
    script.step("iteration")
    assert script.evaluate("best")[1] == 0.0

    script = start("in_class.py")
    script.step("iteration")
    script.execute("epochs = 2; self.lr = 0.5")
    script.step()
    script.execute("total_loss = 100.0")
    script.step("iteration")
    assert script.evaluate("self.train_loss")[1] > 1.25
    assert script.evaluate("self.lr, epochs")[0] == "(0.5, 2)"


def test_a_statement_that_fails_changes_nothing_that_is_remembered(start):
    script = start("momentum.py")
    script.step("iteration")
    with pytest.raises(ScriptError, match="NameError"):
        script.execute("nowhere = nothing")
    assert script.changes == []
    with pytest.raises(ScriptError, match="nothing was changed"):
        script.undo()


def test_an_ended_script_says_so(start):
    script = start("momentum.py")
    script.run()
    with pytest.raises(ScriptError, match="the script has ended"):
        script.step()
    with pytest.raises(ScriptError, match="the script has ended"):
        script.evaluate("loss")
    with pytest.raises(ScriptError, match="the script has ended"):
        script.execute("loss = 1")


def test_a_script_that_runs_is_to_be_paused_before_it_is_changed_or_taken_back(start):
    script = start("notebook.py")
    script.resume()
    for action in (lambda: script.execute("loss = 1"), lambda: script.go_to(Position(0))):
        with pytest.raises(ScriptError, match="pause the script first"):
            action()
