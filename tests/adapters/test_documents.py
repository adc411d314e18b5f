"""The documents: links lead somewhere, the two READMEs promise the same, settings and commands are as they are."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from hq.settings import Settings
from regulars.main import cli
from tests.require import ROOT

DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = (ROOT / document).read_text()
    assert [link for link in LINK.findall(text) if not (ROOT / document.parent / link).exists()] == []


def test_the_two_readmes_have_the_same_shape() -> None:
    english, german = ((ROOT / name).read_text() for name in ("README.md", "README.de.md"))
    for part in (r"^## ", r"^\d\. ", r"^```", r"^make \w+", r"^!\["):
        assert len(re.findall(part, english, re.MULTILINE)) == len(re.findall(part, german, re.MULTILINE)), part


def test_the_readme_opens_with_one_sentence_and_two_commands() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert lines[0].strip("*").endswith("and nobody else.")
    commands = [line.split("#")[0].strip() for line in lines if line.startswith("make ")]
    assert commands == ["make demo", "make test"]


def test_head_offices_document_shows_every_setting_as_it_is_when_left_out() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/head-office.md").read_text(), re.DOTALL)
    told = tomllib.loads(shown)
    assert told == Settings.model_validate(told).model_dump(mode="json")
    assert Settings.model_validate(told) == Settings()


@pytest.mark.parametrize(
    "document", ["README.md", "README.de.md", "deploy/README.md", "docs/head-office.md", "docs/restore.md"]
)
def test_every_command_in_a_document_exists(document: str) -> None:
    commands = re.findall(r"^(?:sudo )?(?:\S*/)?regulars ([a-z][^#\n`]*)", _code(document), re.MULTILINE)
    assert commands
    for command in commands:
        words = [word for word in shlex.split(command) if re.fullmatch(r"[a-z]+(-[a-z]+)*|--[a-z-]+", word)]
        names = [word for word in words if not word.startswith("--")]
        assert _known(names, [word for word in words if word.startswith("--")]), command


def _code(document: str) -> str:
    """What stands in blocks and between marks."""
    text = (ROOT / document).read_text()
    return "\n".join([*re.findall(r"```\n(.*?)```", text, re.DOTALL), *re.findall(r"`(regulars [^`]*)`", text)])


def _known(names: list[str], options: list[str]) -> bool:
    """Whether there is such a command or group, and it has these options."""
    found: click.Command | None = cli
    for name in names:
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), name)
    known = {"--help", *(option for one in found.params for option in one.opts)} if found else set()
    return found is not None and set(options) <= known
