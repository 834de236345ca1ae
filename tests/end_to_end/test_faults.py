"""A fault of the screen costs neither the run nor the terminal."""

import os
import signal

import pytest

from tests.end_to_end.conftest import workers

FAULT = """
import os
from tui.widgets.status import ProgressLine

def draw_progress(self, frame, draw=ProgressLine.draw_progress):
    if os.path.exists({file!r}):
        {once}
        raise RuntimeError("a fault")
    draw(self, frame)

ProgressLine.draw_progress = draw_progress
"""


@pytest.fixture
def faulty(start, tmp_path):
    """Start nntui with a fault that happens when a file is there, once or each time."""

    def begin(once):
        folder, file = tmp_path / "fault", tmp_path / "now"
        folder.mkdir()
        code = FAULT.format(file=str(file), once=f"os.unlink({str(file)!r})" if once else "pass")
        (folder / "sitecustomize.py").write_text(code)
        t = start("--seed", "0", "--epochs", "100000000", PYTHONPATH=str(folder))
        t.until(r"loss \d")
        file.touch()
        return t

    return begin


def epoch(terminal):
    return int(terminal.until(r"epoch (\d+)")[1])


def test_the_screen_starts_again_on_the_same_run(faulty, tmp_path):
    t = faulty(once=True)
    before = epoch(t)
    t.until("the screen failed with RuntimeError")
    t.until("running")
    t.pump(0.5)
    assert epoch(t) > before
    (log,) = (tmp_path / "nntui" / "runs").glob("*/log")
    assert log.read_text().count("Traceback") == 1
    assert "draw_progress" in log.read_text()
    t.press("q", "y", patience=0.3)
    assert t.wait() == 0
    output = t.output.decode()
    said = "nntui: the screen failed with RuntimeError: a fault, and was started again"
    assert f"{said}; its log: {log}\r\n" in output
    assert "Traceback" not in output
    assert output.count("\x1b[?1049h") == output.count("\x1b[?1049l") == 2


def test_a_worker_that_is_stopped_is_said_not_to_answer_until_it_goes_on(start, tmp_path):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until(r"loss \d")
    (worker,) = workers(tmp_path)
    os.kill(worker, signal.SIGSTOP)
    t.until("the worker does not answer")
    before = epoch(t)
    os.kill(worker, signal.SIGCONT)
    t.until("the worker does not answer", gone=True)
    t.press(" ")
    t.until("paused")
    assert epoch(t) > before
    t.pump(4)
    assert "does not answer" not in t.text(), "nothing is owed while it is paused"
    os.kill(worker, signal.SIGSTOP)
    t.press("n")
    t.until("the worker does not answer")
    t.press("q")
    assert t.wait() == 0


def test_a_screen_that_fails_over_and_over_is_given_up(faulty, tmp_path):
    t = faulty(once=False)
    assert t.wait(20) == 1
    (log,) = (tmp_path / "nntui" / "runs").glob("*/log")
    said = "nntui: the screen failed 3 times, at last with RuntimeError: a fault"
    goes_on = f"nntui attach {log.parent.name} shows it"
    assert goes_on in t.output.decode().split(f"{said}; its log: {log}\r\n")[1]
    assert "Traceback" not in t.output.decode()
