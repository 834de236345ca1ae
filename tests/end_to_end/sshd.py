"""A real ``sshd`` on the loopback address, with keys of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

SSHD = shutil.which("sshd") or shutil.which("/usr/sbin/sshd")
SSH = shutil.which("ssh")


class Sshd:
    """A daemon that logs this user in, and a ``ssh`` that finds it under the name ``far``."""

    def __init__(self, folder, state):
        self.folder, self.port = folder, free_port()
        for name in ("host", "user"):
            key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(key, check=True)
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
            f"PidFile none\nPasswordAuthentication no\nSetEnv XDG_STATE_HOME={state}\n"
        )
        (folder / "ssh_config").write_text(
            f"Host far\n HostName 127.0.0.1\n Port {self.port}\n IdentityFile {folder}/user\n"
            f" IdentitiesOnly yes\n StrictHostKeyChecking no\n"
            f" UserKnownHostsFile {folder}/known\n LogLevel ERROR\n"
        )
        programs = folder / "bin"
        programs.mkdir()
        (programs / "ssh").write_text(f'#!/bin/sh\nexec {SSH} -F {folder}/ssh_config "$@"\n')
        (programs / "ssh").chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}"
        self.nntui = f"cd {Path(__file__).parents[2]} && {sys.executable} -m tui"

    def start(self):
        Path("/run/sshd").mkdir(exist_ok=True)
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def cut(self):
        """Kill what serves the connections that there are, not the daemon."""
        for child in (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ):
            os.kill(int(child), signal.SIGKILL)

    def stop(self):
        self.cut()
        self.process.kill()
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def sshd(folder, state):
    folder.mkdir(mode=0o700)
    daemon = Sshd(folder, state)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()
