"""`regulars doctor`: what a store lacks, and what to do about it."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from edge.core.diagnosis import Finding, diagnose, is_well
from edge.settings_file import load_settings
from regulars.commands.edge import config_option, own_url, state_option, told

_FOUND_BAD: Final = 1
_MARKS: Final = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


@click.command(name="doctor")
@config_option
@state_option
@click.option("--url", default=None, help="Where the running service listens, if not at [web].")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def command(*, config: Path, state_dir: Path, url: str | None, as_json: bool) -> None:
    """Look at adapters, BlueZ, scanners, clock, disk, keys and head office; exit code 1 when something is wrong."""
    with told():
        settings = load_settings(config)
        from edge.adapters.symptoms import measured  # noqa: PLC0415 - only when it is needed

        symptoms = measured(settings, state_dir, url or own_url(settings, state_dir))
    findings = diagnose(symptoms, time.time())
    if as_json:
        click.echo(json.dumps({"healthy": is_well(findings), "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            click.echo(_line(finding))
    sys.exit(0 if is_well(findings) else _FOUND_BAD)


def _line(finding: Finding) -> str:
    remedy = f": {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.level]}  {finding.subject}: {finding.found}{remedy}"
