"""Scripts print, and end, as in plain Python."""

import pytest

from engine.scripts.script import Script
from engine.scripts.states import Ended

from .strangers import OTHERS, TRAINING, plain


def debugged(program, folder, monkeypatch, **options):
    """Run it to its end; return the script, closed."""
    monkeypatch.chdir(folder)
    given = folder / "stdin"
    given.write_text(program.stdin)
    passed = {"stdout": b"", "stderr": b""}

    def printed(stream, data):
        passed[stream] += data

    with (
        given.open() as stdin,
        Script(program.path, program.arguments, stdin=stdin, printed=printed, **options) as script,
    ):
        script.run()
        assert passed == script.logs
    return script


@pytest.mark.parametrize("program", [*TRAINING, *OTHERS], ids=str)
def test_a_script_prints_and_ends_as_in_plain_python(program, tmp_path, monkeypatch):
    if program.name == "torch_mlp":
        pytest.importorskip("torch")
    script = debugged(program, tmp_path, monkeypatch)
    expected = plain(program, tmp_path)
    assert script.logs["stdout"].decode() == expected.stdout.decode()
    assert script.logs["stderr"].decode() == expected.stderr.decode()
    assert script.state == Ended(expected.returncode)
