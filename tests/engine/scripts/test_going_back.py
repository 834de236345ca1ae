"""Going back ends in the bits of the straight way, and prints nothing twice."""

import random
from itertools import product

import pytest

from engine.scripts.places import Position
from engine.scripts.script import Script
from engine.scripts.states import Ended, ScriptError, Stopped
from tests.thin import thinned

from .strangers import OTHERS, TRAINING, plain

SUM = "__import__('zlib').crc32(b''.join(v.tobytes() for v in {}))"
STATES = {
    "momentum": SUM.format("(dense1.weights, dense2.biases, X, optimizer.current_learning_rate*X)"),
    "in_class": SUM.format("getattr(self, 'model', self).params.values()")
    + ", getattr(self, 'model', self).rng.bit_generator.state",
    "in_main": "__import__('random').getstate()[1][::50], {k: v for k, v in locals().items()"
    " if isinstance(v, float)}",
    "while_loop": SUM.format("(w, grad)") + ", epoch, mse",
    "shapes": "m.slope, m.bias, calls",
    "asynchronous": "{k: v for k, v in locals().items() if isinstance(v, float)}",
    "pure": "[(w.data, w.grad) for w in weights], random.getstate()",
    "torch_mlp": SUM.format("(p.detach().numpy() for p in model.parameters())"),
    "partial_fit": SUM.format("(clf.coef_, clf.intercept_)") + ", rng.bit_generator.state",
}
MOMENTUM, *_ = TRAINING
OTHER = {program.name: program for program in OTHERS}
SLOW = "partial_fit", "torch_mlp"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def look(script):
    """Where it stands, and all that matters there."""
    try:
        state, _number = script.evaluate(STATES[script.name])
    except ScriptError as error:  # not yet there
        state = str(error)
    return script.state.line, state, script.logs


def start(program, **options):
    script = Script(program.path, program.arguments, **options)
    script.name = program.name
    script.step("iteration")
    return script


def walk(script, chance, turns):
    """Go to and fro; yield the positions, each time one is come to."""
    visited = [script.position]
    for _ in range(turns):
        ended = isinstance(script.state, Ended)
        match "back" if ended else chance.choice(["step", "step", "back", "far", "unit", "end"]):
            case "step":
                for _ in range(chance.randint(1, 30)):
                    if isinstance(script.state, Stopped):
                        script.step()
            case "back":
                script.go_to(chance.choice(visited))
            case "far":
                script.go_to(Position(chance.randint(0, 40)))
            case "unit":
                script.step(chance.choice(["batch", "iteration"]))
            case "end":
                script.go_to(Position(10**9))
        if isinstance(script.state, Stopped):
            visited.append(script.position)
            yield script.position


@pytest.mark.parametrize(("program", "seed"), thinned(product(TRAINING, range(4)), 9), ids=str)
def test_a_random_walk_ends_in_the_bits_of_the_straight_way(program, seed, tmp_path):
    if program.name == "torch_mlp":
        pytest.importorskip("torch")
    chance, seen, passed = random.Random(f"{program} {seed}"), {}, []
    with start(program, printed=lambda stream, data: passed.append((stream, data))) as script:
        for position in walk(script, chance, 8 if program.name in SLOW else 25):
            found = look(script)
            assert seen.setdefault(position, found) == found
        script.go_to(Position(10**9))
        expected = plain(program, tmp_path)
        assert script.state == Ended(expected.returncode)
        assert script.logs == {"stdout": expected.stdout, "stderr": expected.stderr}
        assert script.differs is None
    for stream, whole in script.logs.items():
        assert b"".join(data for name, data in passed if name == stream) == whole
    with start(program, most=1) as straight:
        for position in sorted(seen):
            straight.go_to(position)
            assert look(straight) == seen[position]


def test_a_change_is_made_again_on_the_way_and_can_be_undone():
    with start(MOMENTUM) as script:
        script.go_to(Position(20, 0, 3))
        script.execute("optimizer.learning_rate = 0.01")
        changed = script.go_to(Position(40)), look(script)
        script.execute("dense1.weights[0, 0] = 3")
        script.go_to(Position(60))
        twice = look(script)
        script.go_to(Position(5))
        assert script.evaluate("optimizer.learning_rate")[1] == 1.0
        script.go_to(Position(60))
        assert look(script) == twice
        assert script.undo().position == Position(40)
        assert (script.state, look(script)) == changed
        assert script.evaluate("optimizer.learning_rate")[1] == 0.01
        assert script.undo().position == Position(20, 0, 3)
        script.go_to(Position(60))
        straight = look(script)
        assert script.changes == []
    with start(MOMENTUM) as script:
        script.go_to(Position(60))
        assert look(script) == straight


def test_what_a_change_makes_different_is_printed_and_the_rest_is_not():
    passed = []
    with start(MOMENTUM, printed=lambda stream, data: passed.append(data)) as script:
        script.go_to(Position(100))
        assert len(b"".join(passed).splitlines()) == 5
        script.go_to(Position(30))
        script.execute("optimizer.learning_rate = 0.01")
        script.go_to(Position(90))
        assert len(b"".join(passed).splitlines()) == 5 + 3
        assert len(script.logs["stdout"].splitlines()) == 5
        assert script.differs is None


def test_a_change_after_the_place_gone_back_to_is_forgotten_with_the_next():
    with start(MOMENTUM) as script:
        script.go_to(Position(40))
        script.execute("optimizer.learning_rate = 0.01")
        script.go_to(Position(20))
        script.execute("X[0] = 1")
        assert [change.position for change in script.changes] == [Position(20)]
        assert all(position <= Position(20) for position in script.checkpoints)


def test_breakpoints_do_not_stop_the_way_back_but_hold_after_it():
    with start(MOMENTUM) as script:
        script.stop_at(["epoch % 10 == 0"])
        for _ in range(3):
            script.run()
        assert script.position == Position(21)
        assert script.go_to(Position(15)).reason == "there"
        assert script.run().position == Position(21)


def test_metrics_chosen_are_measured_after_going_back():
    measured = []
    with start(MOMENTUM, measured=measured.append) as script:
        script.go_to(Position(20))
        script.measure(["dense1.weights[0, 0]"])
        script.go_to(Position(10))
        assert {name for m in measured[20:] for name in m.metrics} == {"dense1.weights[0, 0]"}
        assert [m.iteration for m in measured[20:]] == list(range(measured[20].iteration, 10))


def test_a_script_that_draws_from_the_clock_is_told_so():
    with start(OTHER["clock"]) as script:
        script.go_to(Position(30))
        assert script.differs is None
        script.go_to(Position(0))
        script.go_to(Position(30))
        assert script.differs is not None
        assert isinstance(script.run(), Ended)


def test_where_threads_run_going_back_is_refused_and_all_else_works():
    with start(OTHER["pool"]) as script:
        script.step("iteration")
        assert "other threads run" in script.distrust
        with pytest.raises(ScriptError, match="other threads run"):
            script.go_to(Position(0))
        script.execute("lr = 0.2")
        assert script.run() == Ended(0)


def test_the_thread_that_redraws_bars_of_progress_is_no_hindrance(tmp_path):
    (tmp_path / "tqdm.py").write_text(
        "from threading import Event, Thread\n"
        "class Monitor(Thread):\n"
        "    def run(self): Event().wait()\n"
        "Monitor(daemon=True).start()\n"
    )
    path = tmp_path / "bars.py"
    path.write_text("import tqdm\n" + MOMENTUM.path.read_text())
    with Script(path) as script:
        script.go_to(Position(60))
        script.go_to(Position(30))
        assert script.run() == Ended(0)
        assert script.differs is None
        assert len(script.logs["stdout"].splitlines()) == 7


def test_checkpoints_are_bounded_and_thinned_with_age():
    with start(MOMENTUM, most=6) as script:
        for iteration in range(4, 120, 4):
            script.go_to(Position(iteration))
            assert len(script.checkpoints) <= 6
        first, *rest = script.checkpoints
        assert first == Position(0)
        gaps = [120 - position.iteration for position in rest]
        assert min(gaps) < 10
        assert max(gaps) > 20
    with start(MOMENTUM, memory=1) as script:
        script.go_to(Position(100))
        assert len(script.checkpoints) == 2


FILES = """
import sys
w, lr, seen = 0.0, 0.1, open("seen.txt", "w")
for line in open("rows.txt"):
    w -= lr * float(line)
    number = float(sys.stdin.readline())
    print(w, number, file=seen)
    seen.flush()
    print(w, number)
"""


def test_open_files_are_gone_back_in_too(tmp_path):
    rows = "".join(f"{number / 7:>1000}\n" for number in range(200))
    (tmp_path / "rows.txt").write_text(rows)
    (tmp_path / "script.py").write_text(FILES)
    with open("rows.txt") as stdin, Script("script.py", stdin=stdin) as script:
        script.go_to(Position(150))
        script.go_to(Position(30))
        assert script.evaluate("float(line) == 30 / 7 and number == 29 / 7")[0] == "True"
        assert script.run() == Ended(0)
    assert (tmp_path / "seen.txt").read_bytes() == script.logs["stdout"]
    assert len(script.logs["stdout"].splitlines()) == 200
