"""Disks that are full or read-only, and the rights of someone who is not root."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

WITHOUT_RIGHTS = "-dac_override,-dac_read_search"


@contextmanager
def disk(path, options="size=1m"):
    """Mount a small disk in memory; skip the test where that is not allowed."""
    path.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def unprivileged():
    """Return how to start a command so that a file's mode counts, also for root."""
    if os.getuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything, and there is no setpriv")
    return ["setpriv", f"--bounding-set={WITHOUT_RIGHTS}", f"--inh-caps={WITHOUT_RIGHTS}"]
