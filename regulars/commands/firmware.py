"""`regulars firmware`: from store.toml to what hangs on the shop's walls.

Here the service's settings meet `firmware_config`; neither knows the other.
"""

import os
import secrets
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import click

import firmware_config as firmware
from edge.errors import SettingsError
from edge.settings import Settings
from edge.settings_file import parse_settings
from firmware_config.mistakes import ESPHOME
from firmware_config.plan import usual_window_ms
from wire import node_key

FOUND_BAD: Final = 1
INPUT_WRONG: Final = 2
PREREQUISITE_MISSING: Final = 3
# ESPHome needs half a second for one node; a minute is a machine that does something else.
_ESPHOME_TIMEOUT_S: Final = 60
_BLUEZ: Final = "bluez:"

_CONFIG = click.option(
    "--config", "config", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The store's file."
)


@click.group(name="firmware")
def command() -> None:
    """Scanner nodes, beacon plan and the Pi's boot files, from one store.toml."""


@command.command()
@_CONFIG
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--secrets",
    "secrets_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The site's secrets; made when missing. Default: secrets.toml beside the store's file.",
)
def build(config: Path, out: Path, secrets_path: Path | None) -> None:
    """Write everything below a folder and print each file's path."""
    store = _store(config)
    site = _site_secrets(secrets_path or config.with_name("secrets.toml"), store)
    texts = firmware.texts(store)
    try:
        for path, text in texts.items():
            _write(out / path, text)
        _write_secret(out / firmware.SECRETS, _secrets_yaml(store, site))
    except OSError as error:
        _stop(f"{out} cannot be written ({error.strerror}): name another folder with --out.", INPUT_WRONG)
    for path in sorted([*texts, firmware.SECRETS]):
        click.echo(out / path)


@command.command()
@_CONFIG
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A built folder to compare with.")
@click.option("--esphome", type=click.Path(path_type=Path), help="ESPHome's program, to validate every node in --out.")
def check(config: Path, out: Path | None, esphome: Path | None) -> None:
    """Tell every mistake of the store's file; with --out, what in that folder is no longer what it says."""
    store = _store(config)
    if esphome is not None and out is None:
        _stop("--esphome validates what was built: name the folder with --out.", INPUT_WRONG)
    findings = _differences(store, out) if out is not None else []
    if esphome is not None and out is not None:
        findings += [finding for node in store.nodes for finding in _refusals(esphome, out, node)]
    for finding in findings:
        click.echo(finding, err=True)
    validated = ", by ESPHome too" if esphome is not None else ""
    nodes, beacons = len(store.nodes), len(store.beacons)
    if findings:
        raise SystemExit(FOUND_BAD)
    click.echo(f"{config}: good for {nodes} nodes, {beacons} beacons and the Pi{validated}")


@command.command()
def boards() -> None:
    """List the boards a scanner node may be."""
    for board in firmware.BOARDS.values():
        click.echo(f"{board.name}\t{board.link}\tlistens {board.usual_share:.0%}")


def _store(path: Path) -> firmware.StorePlan:
    """Ends the command with every mistake of the file, the service's and the firmware's together."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _stop(f"{path} cannot be read ({error.strerror}): name the store's file with --config.", INPUT_WRONG)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        _stop(f"{path} is not TOML ({error}): correct that place.", INPUT_WRONG)
    found = firmware.mistakes(tables)
    try:
        settings = parse_settings(tables, path)
    except SettingsError as error:
        found = [*error.mistakes, *found]
    else:
        if not found:
            return plan(settings)
    for sentence in found:
        click.echo(f"{path}: {sentence}", err=True)
    raise SystemExit(INPUT_WRONG)


def plan(settings: Settings) -> firmware.StorePlan:
    """What of the settings matters to firmware; they must be free of `firmware_config.mistakes`."""
    adapters = [scanner.source for scanner in settings.scanner if scanner.source.startswith("bluez")]
    return firmware.StorePlan(
        id=settings.store.id,
        name=settings.store.name,
        nodes=tuple(
            firmware.Node(
                scanner.id,
                scanner.source.removeprefix(ESPHOME).partition(":")[0],
                _place(settings, scanner.zone, scanner.position),
                firmware.BOARDS[scanner.board],
                scanner.interval_ms,
                scanner.window_ms or usual_window_ms(scanner.board, scanner.interval_ms),
            )
            for scanner in settings.scanner
            if scanner.source.startswith(ESPHOME)
        ),
        beacons=tuple(
            firmware.Beacon(
                beacon.id,
                _place(settings, beacon.zone, beacon.position),
                str(beacon.uuid),
                settings.store.number % 0x1_0000 if beacon.major is None else beacon.major,
                beacon.minor,
            )
            for beacon in settings.beacon
        ),
        pi=firmware.Pi(
            tuple(source.removeprefix(_BLUEZ).upper() for source in adapters if source.startswith(_BLUEZ)),
            settings.pi.bluetooth == "internal",
            settings.pi.wifi,
            settings.pi.watchdog_s,
        ),
    )


def _place(settings: Settings, zone: str, position: tuple[float, float, float] | None) -> str:
    where = [settings.zone_name(zone)] if zone else []
    if position is not None:
        where.append("x {:g} m, y {:g} m, {:g} m up".format(*position))
    return ", ".join(where) or "anywhere"


@dataclass(frozen=True, slots=True)
class SiteSecrets:
    site: bytes
    wifi: tuple[str, str] | None

    def __repr__(self) -> str:
        return "SiteSecrets(***)"


def _site_secrets(path: Path, store: firmware.StorePlan) -> SiteSecrets:
    if not path.exists():
        text = (
            "# The site's secrets. Not into a repository, not into an e-mail; lost, every node is flashed by cable.\n"
            f'site = "{secrets.token_hex(node_key.SITE_SECRET_LENGTH)}"\n'
        )
        try:
            _write_secret(path, text)
        except OSError as error:
            _stop(f"{path} cannot be written ({error.strerror}): name another place with --secrets.", INPUT_WRONG)
        click.echo(f"{path}: made with a new site secret; keep it, the store's service needs it too.", err=True)
    if path.stat().st_mode & 0o077:
        _stop(f"{path} can be read by others: chmod 600 {path}.", INPUT_WRONG)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's own words repeat the line, which may be a password.
        _stop(f'{path} is not TOML: write site = "64 hexadecimal digits" and [wifi] ssid, password.', INPUT_WRONG)
    return SiteSecrets(_site_secret(path, tables), _wifi(path, tables) if firmware.needs_wifi(store) else None)


def _site_secret(path: Path, tables: Mapping[str, Any]) -> bytes:
    try:
        octets = bytes.fromhex(tables["site"])
    except (KeyError, TypeError, ValueError):
        octets = b""
    if len(octets) != node_key.SITE_SECRET_LENGTH:
        digits = 2 * node_key.SITE_SECRET_LENGTH
        _stop(f"{path}: site is not {digits} hexadecimal digits; restore it, or delete the file for a new one.", 2)
    return octets


def _wifi(path: Path, tables: Mapping[str, Any]) -> tuple[str, str]:
    table = tables.get("wifi")
    ssid, password = (table.get("ssid"), table.get("password")) if isinstance(table, dict) else (None, None)
    if not isinstance(ssid, str) or not isinstance(password, str) or not ssid or len(password) < 8:  # noqa: PLR2004 - WPA
        _stop(
            f"{path}: nodes on Wi-Fi need [wifi] with ssid and password (8 characters and more); add them.", INPUT_WRONG
        )
    return ssid, password


def _secrets_yaml(store: firmware.StorePlan, site: SiteSecrets) -> str:
    return firmware.secrets_yaml(
        store,
        api_key=lambda node: node_key.api_key(site.site, store.id, node.id),
        update_password=lambda node: node_key.update_password(site.site, store.id, node.id),
        wifi=site.wifi,
    )


def _differences(store: firmware.StorePlan, out: Path) -> list[str]:
    findings = []
    for path, text in firmware.texts(store).items():
        try:
            same = (out / path).read_text(encoding="utf-8") == text
        except (OSError, UnicodeDecodeError):
            findings.append(f"{out / path} is missing: run `regulars firmware build` again.")
        else:
            if not same:
                findings.append(f"{out / path} is not what the store's file says: build again, then flash or copy it.")
    known = {node.name for node in store.nodes} | {"secrets"}
    strange = sorted(path for path in out.glob("esphome/*.yaml") if path.stem not in known)
    return findings + [f"{path} belongs to no scanner of the store's file: delete it." for path in strange]


def _refusals(esphome: Path, out: Path, node: firmware.Node) -> list[str]:
    """ESPHome's own words when it refuses, without the configuration it prints: that holds the keys."""
    path = out / "esphome" / f"{node.name}.yaml"
    try:
        answer = subprocess.run(  # noqa: S603 - the operator named it
            [os.fspath(esphome), "config", os.fspath(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ESPHOME_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except (FileNotFoundError, PermissionError):
        _stop(f"{esphome} is not ESPHome's program: make verify-firmware installs one.", PREREQUISITE_MISSING)
    except subprocess.TimeoutExpired:
        return [f"{path}: ESPHome did not answer within {_ESPHOME_TIMEOUT_S} s; run it by hand to see why."]
    if answer.returncode == 0:
        return []
    return [f"{path}: ESPHome refuses it: {_reason(answer.stdout)}."]


def _reason(printed: str) -> str:
    """The first sentence after "Failed config"; everything else repeats the file, keys included."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    marks = [index for index, line in enumerate(lines) if line.startswith("Failed config")]
    sentences = lines[marks[0] + 1 : marks[0] + 3] if marks else []
    return " ".join(sentences).rstrip(".") or "run `esphome config` on it to see why"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_secret(path: Path, text: str) -> None:
    """Never readable by others, not even for the moment before a chmod."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _stop(sentence: str, exit_code: int) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(exit_code)
