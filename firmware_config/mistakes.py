"""What a store's file says that no firmware can be made of, beyond what the service itself refuses.

It reads the raw tables and steps over whatever has another type than it should: the service's model says that, and
both lists are told together.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from firmware_config.boards import BOARDS, LEAST_ETHERNET_SHARE, MOST_WIFI_SHARE, Link
from firmware_config.plan import NODE_NAME, node_name, usual_window_ms

ESPHOME: Final = "esphome:"


def mistakes(tables: Mapping[str, Any]) -> list[str]:
    """One sentence each, with the place and the remedy."""
    scanners = [one for one in _entries(tables, "scanner") if _is_node(one)]
    beacons = _entries(tables, "beacon")
    return [
        *(sentence for scanner in scanners for sentence in _node_mistakes(scanner)),
        *_shared_names(scanners),
        *_shared_minors(beacons),
        *_idle_boards(_entries(tables, "scanner")),
    ]


def _entries(tables: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
    found = tables.get(table)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_node(scanner: Mapping[str, Any]) -> bool:
    return str(scanner.get("source", "")).startswith(ESPHOME)


def _place(table: str, entry: Mapping[str, Any]) -> str:
    return f"[[{table}]] {entry.get('id', 'without id')}"


def _name(scanner: Mapping[str, Any]) -> str:
    return node_name(str(scanner.get("id", "")), str(scanner["source"]).removeprefix(ESPHOME))


def _node_mistakes(scanner: Mapping[str, Any]) -> Iterator[str]:
    place = _place("scanner", scanner)
    if not NODE_NAME.fullmatch(_name(scanner)):
        yield f'{place}: no node can be called "{_name(scanner)}"; write a host of a-z, 0-9 and -, at most 31 long.'
    board = scanner.get("board", "")
    if board not in BOARDS:
        found = f'board "{board}" is not known' if board else "board is missing"
        yield f"{place}: {found}; use one of {', '.join(BOARDS)}."
        return
    yield from _share_mistakes(place, scanner, str(board))


def _share_mistakes(place: str, scanner: Mapping[str, Any], board: str) -> Iterator[str]:
    interval_ms = scanner.get("interval_ms", 320)
    if not isinstance(interval_ms, int) or interval_ms <= 0:
        return
    window_ms = scanner.get("window_ms", usual_window_ms(board, interval_ms))
    # Longer than the interval is told by the service's model.
    if not isinstance(window_ms, int) or window_ms > interval_ms:
        return
    share = window_ms / interval_ms
    heard = f"{place}: window_ms = {window_ms} of {interval_ms} is {share:.0%} of the time"
    if BOARDS[board].link is Link.ETHERNET and share < LEAST_ETHERNET_SHARE:
        yield f"{heard}; on Ethernet nothing else wants the radio, write {usual_window_ms(board, interval_ms)}."
    if BOARDS[board].link is Link.WIFI and share > MOST_WIFI_SHARE:
        yield f"{heard}; Wi-Fi shares the radio and breaks off, write {usual_window_ms(board, interval_ms)}."


def _shared_names(scanners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [_name(scanner) for scanner in scanners]
    for name in sorted({one for one in names if names.count(one) > 1}):
        both = " and ".join(str(one.get("id")) for one in scanners if _name(one) == name)
        yield f'[[scanner]]: {both} are both the node "{name}"; give each its own host.'


def _shared_minors(beacons: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    signs = [(str(one.get("uuid", "")), one.get("major"), one.get("minor", 0)) for one in beacons]
    for sign in sorted({one for one in signs if signs.count(one) > 1}, key=str):
        both = " and ".join(str(one.get("id")) for one, its in zip(beacons, signs, strict=True) if its == sign)
        yield f"[[beacon]]: {both} have the same minor {sign[2]}; give each its own, or nobody can tell them apart."


def _idle_boards(scanners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for scanner in scanners:
        if scanner.get("board") and not _is_node(scanner):
            yield f'{_place("scanner", scanner)}: board is for nodes with source = "esphome:HOST"; remove it.'
