"""`regulars edge`: the service in one store."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from edge.adapters.calibration_file import radio_map, write_calibration
from edge.adapters.node_keys import node_keys
from edge.adapters.sightings_file import read_sightings, read_walk
from edge.core.calibration import calibrate as calibrated
from edge.core.presence import Arrived, Change, Left, Moved, Presence
from edge.core.replay import Placed, replayed
from edge.core.zone import FloorPlan
from edge.errors import EdgeError, HqUnreachable, NotEnrolled, UsageError
from edge.settings import Settings
from edge.settings_file import described, load_settings

config_option = click.option(
    "--config", "config", type=click.Path(path_type=Path), default=Path("store.toml"), show_default=True,
    envvar="REGULARS_CONFIG",
    help="The store's settings.",
)  # fmt: skip
state_option = click.option(
    "--state", "state_dir", type=click.Path(path_type=Path), default=Path("state"), show_default=True,
    envvar="REGULARS_STATE",
    help="The folder of the store's files; made if it is not there.",
)  # fmt: skip


@click.group(name="edge")
def command() -> None:
    """The service in one store."""


@command.command()
@config_option
@state_option
@click.option("--port", type=click.IntRange(0, 65_535), default=None, help="Instead of [web] port; 0 takes a free one.")
@click.option("--wait", "is_patient", is_flag=True, help="Not enrolled yet: wait for `regulars edge enrol`.")
def run(*, config: Path, state_dir: Path, port: int | None, is_patient: bool) -> None:
    """Serve the store until Ctrl-C."""
    with told():
        settings = load_settings(config)
        keys = node_keys(config.with_name("secrets.toml"), settings)
        from edge.main import run as serve  # noqa: PLC0415 - web server and radio only when they are needed

        serve(settings, state_dir, port, is_patient=is_patient, node_keys=keys)


@command.command()
@config_option
@state_option
@click.option("--code", "code", default=None, help="The one-time code from head office.")
@click.argument("code_argument", metavar="[CODE]", required=False)
def enrol(config: Path, state_dir: Path, code: str | None, code_argument: str | None) -> None:
    """Make this machine the store's: trade a one-time CODE for an identity."""
    with told():
        given = code or code_argument
        if not given:
            raise UsageError("no code was given: get one at head office with `regulars hq enrol-code STORE`.")
        settings = load_settings(config)
        from edge.main import enrol as trade  # noqa: PLC0415 - see run

        store = trade(settings, state_dir, given).store
        click.echo(json.dumps({"device_id": store.device_id, "store_id": store.store_id}))


@command.command(name="config")
@config_option
def show_config(config: Path) -> None:
    """Print every setting, secrets masked, with what it means."""
    with told():
        for place, value, description in described(load_settings(config)):
            click.echo(f"{place} = {value}  # {description}")


@command.command()
@config_option
@state_option
@click.argument("kind", type=click.Choice(["tablet", "screen"]))
@click.argument("device_id")
@click.option("--url", default=None, help="Where the running service listens, if not at [web].")
def pair(config: Path, state_dir: Path, kind: str, device_id: str, url: str | None) -> None:
    """Print a six-digit code that pairs one tablet or screen of store.toml, good once and for ten minutes."""
    with told():
        settings = load_settings(config)
        answer = _pairing_code(url or own_url(settings, state_dir), state_dir, {"kind": kind, "id": device_id})
        click.echo(json.dumps(answer))


@command.command()
@config_option
@click.option("--walk", type=click.Path(path_type=Path), required=True, help="Readings with their zone, as JSON lines.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The calibration; [presence] names it.")
def calibrate(config: Path, walk: Path, out: Path) -> None:
    """Learn from a walk through the zones how loud each scanner hears a phone where."""
    with told():
        settings = load_settings(config, needs_hq=False)
        positions = {scanner.id: scanner.position[:2] for scanner in settings.scanner if scanner.position}
        calibration = calibrated(read_walk(walk, settings), positions)
        write_calibration(out, calibration)
        missing = [zone.id for zone in settings.zone if zone.id not in {spot.zone for spot in calibration.spots}]
        if missing:
            click.echo(f"no reading from {', '.join(missing)}: nobody will be told to be there.", err=True)


@command.command()
@config_option
@click.option("--sightings", type=click.Path(path_type=Path), required=True, help="Sorted sightings, as JSON lines.")
@click.option("--calibration", type=click.Path(path_type=Path), help="Instead of [presence] calibration.")
@click.option("--zones-every", type=click.IntRange(min=1), default=1, show_default=True, help="Seconds.")
def replay(config: Path, sightings: Path, calibration: Path | None, zones_every: int) -> None:
    """Tell a recording as the store would have told it: who arrived, moved and left, and where everybody was."""
    with told():
        settings = load_settings(config, needs_hq=False)
        plan = FloorPlan.draw(settings.zone, settings.scanner)
        presence = Presence(plan, settings.presence, radio_map(settings, calibration))
        for told_line in replayed(read_sightings(sightings, settings), presence, zones_every):
            click.echo(json.dumps(_replay_line(told_line)))


@command.group()
def outbox() -> None:
    """What this store has to tell head office."""


@outbox.command(name="export")
@state_option
@click.option("--members", "with_members", is_flag=True, help="With the members' pseudonyms, which are left out else.")
@click.argument("file", type=click.Path(path_type=Path))
def export_outbox(*, state_dir: Path, with_members: bool, file: Path) -> None:
    """Write events and facts into FILE, which sqlite3 and sqlite-utils open; the store may run meanwhile."""
    with told():
        from edge.adapters.outbox_export import export  # noqa: PLC0415 - see run
        from edge.adapters.store_key import store_key  # noqa: PLC0415
        from edge.main import OUTBOX_FILE  # noqa: PLC0415

        path = state_dir / OUTBOX_FILE
        if not path.exists():
            raise UsageError(f"{path} is not there: name the store's folder with --state.")
        key = store_key(state_dir, path).of("outbox")
        click.echo(json.dumps({"events": export(path, key, file, with_members=with_members)}))


def _replay_line(told_line: Change | Placed) -> dict[str, object]:
    match told_line:
        case Arrived() | Moved() | Left():
            event = type(told_line).__name__.lower()
            return {
                "t": told_line.at, "device": told_line.member_ref, "event": event, "zone": told_line.zone,
                "reason": told_line.reason,
            }  # fmt: skip
        case Placed(device, at, (zone, confidence)):
            return {"t": at, "device": device, "zone": zone, "confidence": confidence}


def _pairing_code(url: str, state_dir: Path, asked: dict[str, str]) -> dict[str, object]:
    import urllib3  # noqa: PLC0415 - see run

    try:
        token = (state_dir / "admin.token").read_text().strip()
    except OSError:
        raise NotEnrolled(state_dir) from None
    try:
        reply = urllib3.request(
            "POST", f"{url}/admin/pairing-codes", json=asked, timeout=5.0, retries=False,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
    except urllib3.exceptions.HTTPError:
        raise _NotRunning(url) from None
    body: dict[str, object] = reply.json()
    if reply.status != 200:  # noqa: PLR2004 - OK
        raise UsageError(str(body.get("detail", f"the service refused with {reply.status}.")))
    return body


class _NotRunning(HqUnreachable):
    def __init__(self, url: str) -> None:
        EdgeError.__init__(self, f"nothing answers at {url}: start the service with `regulars edge run`.")


def own_url(settings: Settings, state_dir: Path) -> str:
    """Where the store's service listens, running or not."""
    try:
        return (state_dir / "edge.url").read_text().strip()
    except OSError:
        return f"http://{settings.web.host}:{settings.web.port}"


@contextmanager
def told() -> Iterator[None]:
    """Every expected failure is its own sentence on stderr and its own exit code."""
    try:
        yield
    except EdgeError as error:
        _leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        _leave("stopped.", 0)


def _leave(sentence: str, exit_code: int) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(exit_code)
