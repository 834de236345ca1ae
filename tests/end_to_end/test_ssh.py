"""A session on another machine, over a real ``sshd`` on the loopback address."""

import json
import subprocess

import pytest

from tests.command import NNTUI, nntui
from tests.end_to_end.conftest import workers
from tests.end_to_end.sshd import SSH, SSHD, sshd

pytestmark = pytest.mark.skipif(not (SSH and SSHD), reason="ssh and sshd are not installed")


@pytest.fixture
def far(tmp_path):
    with sshd(tmp_path / "sshd", tmp_path) as daemon:
        yield daemon


@pytest.fixture
def attach(start, far):
    """Attach to a run there in a terminal."""

    def begin(name="far:"):
        command = [*NNTUI, "attach", name, "--remote-command", far.nntui]
        return start(command=command, PATH=far.path, full_speed=False)

    return begin


@pytest.fixture
def trained(start):
    """A run that was left to itself."""
    t = start("--seed", "0", "--epochs", "100000000", "--name", "mine")
    t.until("running")
    t.press("d")
    assert t.wait() == 0


def epoch(terminal):
    return int(terminal.until(r"epoch ([\d,]+)")[1].replace(",", ""))


def test_a_run_there_is_shown_and_steered(trained, attach):
    t = attach()
    t.until("running")
    t.press("+")
    t.until(r"lr 0\.2")
    t.press(" ")
    t.until("paused")
    t.press("d")
    assert t.wait() == 0
    assert "nntui attach far:mine shows it again" in t.output.decode()
    again = attach("far:mine")
    again.until("paused")
    again.until(r"lr 0\.2")


def test_a_line_that_is_cut_is_said_and_taken_up_again(trained, attach, far):
    t = attach("far:mine")
    t.until("running")
    before = epoch(t)
    far.cut()
    t.until("the line is down")
    t.until("the line is down", gone=True)
    t.until("running")
    t.press(" ")
    t.until("paused")
    assert epoch(t) > before


def test_a_machine_that_is_down_for_a_while_is_tried_again(trained, attach, far):
    t = attach("far:mine")
    t.until("running")
    far.stop()
    t.until("the line is down")
    far.start()
    t.until("the line is down", gone=True)
    t.until("running")


def test_the_runs_there_are_listed(trained, far, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", far.path)
    elsewhere = tmp_path / "home"
    options = ("--remote-command", far.nntui)
    done = nntui("ls", "far", *options, home=elsewhere)
    assert done.stdout.splitlines()[1].split()[:2] == ["mine", "running"]
    (line,) = nntui("ls", "far", "--json", *options, home=elsewhere).stdout.splitlines()
    assert json.loads(line)["name"] == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [("far:other", "there is no run 'other'"), ("nowhere.invalid:", "nowhere.invalid")],
)
def test_what_cannot_be_reached_is_one_line(far, tmp_path, monkeypatch, name, says):
    monkeypatch.setenv("PATH", far.path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    command = [*NNTUI, "attach", name, "--remote-command", far.nntui]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert says in done.stderr


def test_the_session_stays_when_the_line_ends(trained, attach, tmp_path):
    t = attach("far:mine")
    t.until("running")
    t.close()
    assert workers(tmp_path)
