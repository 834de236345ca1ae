"""A file that has trained, gone back or branched by itself is shown, and replayed, as it is."""

from engine.protocol import events
from engine.protocol.commands import Step
from engine.protocol.views.curves import Curves
from tests.command import nntui
from tests.engine.own_files.conftest import DATA, TRAINER, replayed


def test_a_file_that_has_trained_already_is_shown_as_it_is(own, watched):
    frame = watched(DATA + TRAINER + "trainer.run()").frame()
    assert (frame.status, frame.epoch, frame.next) == ("completed", 29, "dense_1.forward")
    assert len(frame.answer(Curves).curves["loss"].lower) > 1
    done, lines = own(DATA + TRAINER + "trainer.run()", "--name", "mine")
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")
    again = nntui("replay", "mine")
    assert again.stdout.endswith("identical\n")


WENT_BACK = """
from engine import Position
trainer.run(20)
trainer.go_to(Position(12, 0, 3))
"""

BRANCHED = """
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.samples import SamplesQuery
from engine import Position
trainer.run(20)
trainer.go_to(Position(10, 0, 0))
trainer.change("learning_rate", 0.25)
trainer.run(15)
"""


def test_a_file_that_has_gone_back_is_shown_where_it_is(own, watched):
    client = watched(DATA + TRAINER + WENT_BACK, paused=True)
    frame = client.frame()
    assert (frame.epoch, frame.operation, frame.next) == (11, 3, "loss.forward")
    curve = frame.answer(Curves).curves["loss"]
    assert (frame.reached, len(curve.lower) * curve.span) == (19, 20)
    client.send(Step("epoch"))
    assert client.frame(lambda frame: frame.epoch == 12).reached == 19
    _, lines = own(DATA + TRAINER + WENT_BACK, "--name", "mine")
    assert [line["epoch"] for line in lines[1:-1]] == list(range(12, 30))
    assert replayed("mine") == ["main: 10 epochs and the state", "identical"]


def test_a_file_that_has_branched_is_shown_with_its_branches(own, watched):
    client = watched(DATA + TRAINER + BRANCHED, paused=True)
    branches = client.until(lambda event: isinstance(event, events.BranchesChanged))
    assert [(b.name, b.parent, b.left, b.epoch) for b in branches.branches] == [
        ("main", "", 0, 19),
        ("branch_1", "main", 10, 14),
    ]
    frame = client.frame()
    assert (frame.epoch, frame.branch, frame.learning_rate) == (14, "branch_1", 0.25)
    assert frame.answer(Curves).rate_changes == [(10, 0.25)]
    assert [ghost.name for ghost in frame.answer(Curves).ghosts] == ["lr 0.5"]
    own(DATA + TRAINER + BRANCHED, "--name", "mine")
    assert replayed("mine") == [
        "main: 0 epochs and the state",
        "branch_1: 15 epochs and the state",
        "identical",
    ]
