"""The documents: links lead somewhere, and the two READMEs promise the same."""

import re
from pathlib import Path

import pytest

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
