"""Going back ends in the bits of the straight way, and prints nothing twice."""

import random

import pytest

from engine.scripts.places import Position
from engine.scripts.script import Script
from engine.scripts.states import Ended, ScriptError, Stopped

from .strangers import TRAINING, plain

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
    "partial_fit": SUM.format("(clf.coef_, clf.intercept_)") + ", rng.bit_generator.state",
}
PROGRAMS = [program for program in TRAINING if program.name in STATES]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def look(script):
    """Where it stands, and all that matters there."""
    try:
        state = script.evaluate(STATES[script.name])[0]
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


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_random_walk_ends_in_the_bits_of_the_straight_way(program, tmp_path):
    chance, seen, passed = random.Random(program.name), {}, []
    with start(program, printed=lambda stream, data: passed.append((stream, data))) as script:
        for position in walk(script, chance, 40):
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
