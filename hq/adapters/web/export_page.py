"""The export as somebody reads it: one page that needs nothing else, in German or English, to keep or to print."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Final, Literal

from quart import Response

import display
from hq.adapters.web.desk import JSON_TYPE, Sent
from hq.core.export import MemberExport
from wire.receipt import Purpose

Language = Literal["de", "en"]
_STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #2a211b; background: #fffcf6; max-width: 50rem; margin: 0 auto;
  padding: 1.5rem; }
h1, h2 { font-family: Georgia, serif; line-height: 1.2; } h2 { margin-top: 2.2rem; border-bottom: 2px solid #1e5649; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; } caption { text-align: start; color: #63564a; }
th, td { text-align: start; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #dccfbb;
  overflow-wrap: anywhere; }
.soft { color: #63564a; } @media print { body { padding: 0; } h2 { break-after: avoid; } }
"""


class ExportQuery(Sent):
    """`lang` only concerns html; without it the member's own language decides."""

    format: Literal["json", "html"] = "json"
    lang: Language | None = None


def export_reply(export: MemberExport, asked: ExportQuery) -> Response:
    """A file to keep, named for what it is and not for whom it is about."""
    if asked.format == "json":
        response = Response(export.model_dump_json(indent=2), content_type=JSON_TYPE)
    else:
        response = Response(
            export_page(export, asked.lang or export.profile.language), content_type="text/html; charset=utf-8"
        )
        digest = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'sha256-{digest}'"
    response.headers["Content-Disposition"] = f'attachment; filename="regulars.{asked.format}"'
    return response


def export_page(export: MemberExport, language: Language) -> str:
    words = display.messages(language)
    parts = "\n".join(_Page(export, words).parts())
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><title>{escape(words["export.title"])}</title><style>{_STYLE}</style></head>
<body><main>{parts}</main></body></html>
"""


class _Page:
    """Every text passes `escape`: a name may be anything."""

    def __init__(self, export: MemberExport, words: Mapping[str, str]) -> None:
        self._export = export
        self._words = words

    def parts(self) -> Iterator[str]:
        export = self._export
        said = self._t("export.how").replace("{merchant}", escape(export.controller))
        yield f"<h1>{self._t('export.title')}</h1>"
        yield f"<p>{said.replace('{when}', _instant(export.exported_at))}</p>"
        yield self._section("profile", self._pairs(self._profile()))
        yield self._section(
            "consents", self._table(("when", "until", "purposes", "channel", "receipt"), self._receipts())
        )
        yield self._section("stores", self._table(("store", "reason"), self._stores()))
        yield self._section("events", self._table(("when", "what", "store", "details"), self._events()))
        yield self._section("visit", self._pairs(self._visit()))
        yield self._section("withdrawals", self._table(("when", "what", "store", "proved"), self._withdrawals()))
        yield self._section("access", self._table(("when", "who", "what", "store"), self._access()))
        yield self._section("secrets", self._pairs(self._secrets()))
        yield self._section("retention", self._table(("what", "days", "reason"), self._retention()))
        yield self._section("stays", self._table(("what", "until", "reason"), self._stays()))

    def _profile(self) -> Iterator[tuple[str, str]]:
        """Each fact with its source and the day it was seen."""
        profile = self._export.profile
        yield "member_since", _instant(self._export.created_at)
        for name, value in profile.model_dump(mode="json", exclude={"consent"}).items():
            if value not in ("", [], None):
                yield name, _plain(value)

    def _receipts(self) -> Iterator[tuple[str, ...]]:
        for receipt in self._export.consent_receipts:
            given = [self._words[f"purpose.{purpose}.short"] for purpose in Purpose if purpose in receipt.purposes]
            yield (
                _instant(receipt.given_at), _instant(receipt.expires_at),
                " · ".join(given) or self._words["export.nothing_given"], receipt.channel, receipt.receipt_id,
            )  # fmt: skip

    def _events(self) -> Iterator[tuple[str, ...]]:
        for event in self._export.events:
            yield _instant(event.at), event.type, event.store_id, _plain(event.body)

    def _visit(self) -> Iterator[tuple[str, str]]:
        for visit in self._export.visits:
            for name, value in visit.model_dump(mode="json").items():
                yield name, _plain(value)
        for wish in self._export.wishes:
            yield "wish", _plain(wish)

    def _stores(self) -> Iterator[tuple[str, ...]]:
        reasons: dict[str, list[str]] = {}
        for each in self._export.held_because:
            reasons.setdefault(each.store_id, []).append(f"{each.reason} – {_instant(each.until)}")
        for copy in self._export.shared_with:
            yield copy.name, ", ".join(reasons.get(copy.store_id, ["–"]))

    def _withdrawals(self) -> Iterator[tuple[str, ...]]:
        for withdrawn in self._export.withdrawals:
            for proof in withdrawn.proofs:
                proved = "–" if proof.applied_at is None else _instant(proof.applied_at)
                yield _instant(withdrawn.at), withdrawn.kind, proof.store_id, proved
            if not withdrawn.proofs:
                yield _instant(withdrawn.at), withdrawn.kind, "–", "–"

    def _access(self) -> Iterator[tuple[str, ...]]:
        for access in self._export.access_log:
            yield _instant(access.at), access.by, access.action, access.object or "–"

    def _secrets(self) -> Iterator[tuple[str, str]]:
        for name, value in self._export.secrets.model_dump().items():
            yield name, str(value)

    def _retention(self) -> Iterator[tuple[str, ...]]:
        for kept in self._export.retention:
            yield kept.what, f"{kept.keep_s / 86_400:g}", kept.reason

    def _stays(self) -> Iterator[tuple[str, ...]]:
        for stays in self._export.stays_after_erasure:
            yield stays.what, stays.until, stays.reason

    def _section(self, name: str, inside: str) -> str:
        how = self._t(f"export.{name}.how")
        return f"<section><h2>{self._t(f'export.{name}')}</h2><p class=soft>{how}</p>{inside}</section>"

    def _table(self, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        head = "".join(f"<th scope=col>{self._t(f'export.head.{name}')}</th>" for name in heads)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else self._none()

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> str:
        body = "".join(f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in pairs)
        return f"<table><tbody>{body}</tbody></table>" if body else self._none()

    def _none(self) -> str:
        return f"<p>{self._t('export.none')}</p>"

    def _t(self, key: str) -> str:
        return escape(self._words[key])


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _instant(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
