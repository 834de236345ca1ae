"""What the README and CONTRIBUTING.md say is what there is."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.debugging.changes import parse_change
from engine.runs.build import build_trainer
from engine.runs.description import Description
from tui.cli.group import command
from tui.config import values
from tui.config.file import ConfigFile
from tui.config.settings import settings_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def section(title):
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def test_its_conditions_and_changes_are_understood():
    trainer = build_trainer(Description())
    text = section("What it can do")
    conditions = re.findall(r"`([^`]+)`", text.split("**Breakpoints**")[1].split("- **")[0])
    assert len(conditions) == 3
    for condition in conditions:
        trainer.breakpoints.add(condition)
    changes = re.findall(r"`(\S+(?:, \d+\])? = [\d.]+)`", text)
    assert len(changes) == 3
    for change in changes:
        trainer.change(*parse_change(change))


def test_its_settings_are_understood():
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = ConfigFile(Path("config.toml"), text)
    assert file.take("speed", values.speed, 0.0) == 100
    settings = settings_of(file)
    assert (settings.theme, settings.keymap.shown("step")) == ("nntui-light", "f8")
    assert file.complaints == []


def test_its_options_are_those_of_the_command_line():
    helps = [[name, "--help"] for name in command.commands]
    offered = "".join(CliRunner().invoke(command, arguments).output for arguments in helps)
    text = README.split("## Try this")[1].split("## What it costs")[0]
    named = set(re.findall(r"--[a-z][a-z-]+", text))
    assert all(option in offered for option in named)
    defaults = re.findall(r"`(--epochs 10001 [^`]+)`", text)[0].split()
    options = dict(zip(defaults[::2], defaults[1::2], strict=True))
    plain = Description()
    assert int(options["--epochs"]) == plain.epochs
    assert float(options["--learning-rate"]) == plain.learning_rate
    assert (int(options["--hidden"]),) == plain.hidden
    assert (int(options["--samples"]), int(options["--classes"])) == (plain.samples, plain.classes)


def test_each_promise_names_a_test_that_there_is():
    rows = [line for line in section("What it promises").splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 12
    for row in rows:
        (file, name) = re.search(r"`([\w/]+\.py)::(\w+)` \|$", row).groups()
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), row


def test_its_commands_are_all_that_there_are():
    named = re.findall(r"^    nntui ([a-z]+)", section("The command line"), re.MULTILINE)
    shown = {name for name, each in command.commands.items() if not each.hidden}
    assert set(named) == shown - {"train"}


@pytest.mark.parametrize("page", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
def test_what_a_page_links_to_is_there(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, heading = target.partition("#")
        found = page if not path else page.parent / path
        assert found.exists(), target
        titles = re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE) if heading else []
        assert not heading or heading in [title.lower().replace(" ", "-") for title in titles]


def test_each_page_is_linked_to():
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert pages == set(re.findall(r"\]\((docs/[\w-]+\.md)\)", README))


def test_files_that_contributors_are_shown_are_there():
    named = re.findall(r"`((?:engine|tui|tests|docs|\.ci)/[\w./]+)`", CONTRIBUTING)
    assert len(named) > 10
    for path in named:
        assert "NAME" in path or (ROOT / path).exists(), path
