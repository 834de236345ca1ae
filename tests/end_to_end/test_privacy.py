"""A run whose folder others may enter is not opened, and the line says what mends it."""

import os
import shutil

import pytest

from tests.command import nntui


@pytest.mark.parametrize("command", [("resume", "mine", "--headless"), ("attach", "mine")])
def test_a_folder_that_others_may_enter_is_refused(start, tmp_path, command):
    t = start("--seed", "0", "--epochs", "100000000", "--name", "mine")
    t.until("running")
    t.press("d")
    assert t.wait() == 0
    directory = tmp_path / "nntui" / "runs" / "mine"
    if command[0] == "resume":
        assert nntui("stop", "mine", home=tmp_path).returncode == 0
    directory.chmod(0o755)
    done = nntui(*command, home=tmp_path)
    said = f"the folder of the run is not yours alone: chmod 700 {directory}"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count(said) == 1
    directory.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    nntui("--headless", "--epochs", "5", "--name", "mine", home=tmp_path)
    directory = tmp_path / "nntui" / "runs" / "mine"
    os.chown(directory, 12345, 12345)
    done = nntui("resume", "mine", "--headless", home=tmp_path)
    assert done.returncode == 1
    assert "is not yours alone: chown -R 0 " in done.stderr


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can be another user"
)
def test_another_user_of_the_machine_neither_sees_nor_steers_it(start, tmp_path):
    t = start("--seed", "0", "--epochs", "100000000", "--name", "mine")
    t.until("running")
    for folder in (tmp_path, *tmp_path.parents[:3]):  # where pytest's own folders keep others out
        folder.chmod(0o755)
    other = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=-all"]
    for command in (["ls"], ["attach", "mine"], ["stop", "mine"], ["export", "mine"]):
        done = nntui(*command, home=tmp_path, prefix=other, cwd="/")
        assert "running" not in done.stdout
        assert "Traceback" not in done.stderr
    t.until("running")
