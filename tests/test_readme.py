"""What the README and CONTRIBUTING.md say is what there is."""

import re
from pathlib import Path

from click.testing import CliRunner

from engine.debugging.changes import parse_change
from engine.service.build import build_trainer
from engine.service.description import Description
from tests.command import nntui
from tui.cli.group import command
from tui.config import values
from tui.config.file import ConfigFile
from tui.config.settings import settings_of
from tui.keys import KEYS, VIEWS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def section(title):
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def test_its_keys_are_the_table_of_keys():
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", section("The keys"), re.MULTILINE)
    of_views = (key for view in VIEWS for key in view.KEYS)
    assert rows == [(key.shown, key.text) for key in (*KEYS, *of_views)]


def test_its_conditions_and_changes_are_understood():
    trainer = build_trainer(Description())
    text = section("Stepping, breaking, going back")
    conditions = re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE)
    assert len(conditions) == 7
    for condition in conditions:
        trainer.breakpoints.add(condition)
    changes = re.findall(r"`(\S+(?:, \d+\])? = [\d.]+)`", text)
    assert len(changes) == 5
    for change in changes:
        trainer.change(*parse_change(change))


def test_its_settings_are_understood():
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = ConfigFile(Path("config.toml"), text)
    assert file.take("speed", values.speed, 0.0) == 100
    settings = settings_of(file)
    assert (settings.theme, settings.keymap.shown("step")) == ("nntui-light", "f8")
    assert file.complaints == []


def test_its_own_network_trains(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mine.py").write_text(code)
    done = nntui("mine.py", "--headless", cwd=tmp_path, check=True)
    assert "epoch: 2900" in done.stdout
    last = dict(line.split(": ") for line in done.stdout.splitlines()[-3:])
    assert float(last["Accuracy"]) > 0.95
    assert 0.5 < float(last["margin"]) < 1


def test_its_options_are_those_of_the_command_line():
    helps = [[name, "--help"] for name in command.commands]
    offered = "".join(CliRunner().invoke(command, arguments).output for arguments in helps)
    text = README.split("## What it costs")[0]
    named = set(re.findall(r"--[a-z][a-z-]+", text))
    assert all(option in offered for option in named)
    defaults = re.findall(r"`(--epochs 10001 [^`]+)`", README)[0].split()
    options = dict(zip(defaults[::2], defaults[1::2], strict=True))
    plain = Description()
    assert int(options["--epochs"]) == plain.epochs
    assert float(options["--learning-rate"]) == plain.learning_rate
    assert (int(options["--hidden"]),) == plain.hidden
    assert (int(options["--samples"]), int(options["--classes"])) == (plain.samples, plain.classes)


def test_its_pictures_are_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).read_text().rstrip().endswith("</svg>")


def test_files_that_contributors_are_shown_are_there():
    named = re.findall(r"`((?:engine|tui|tests|docs|\.ci)/[\w./]+)`", CONTRIBUTING)
    assert len(named) > 10
    for path in named:
        assert "NAME" in path or (ROOT / path).exists(), path
