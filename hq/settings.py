"""Every setting of head office; read once from STATE/hq.toml, passed down. Without the file, the defaults hold.

Unknown keys are refused and all mistakes are told at once. No secret stands here: keys are files of their own.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hq.core.erasure import EVENT_DAYS, PRESENCE_HOURS
from hq.errors import Misconfigured

FILE_NAME: Final = "hq.toml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WebSettings(_Section):
    """`public_url` is where shoppers reach head office (its proxy); empty: where it listens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8300
    public_url: str = ""
    origins: tuple[str, ...] = ()  # other sites whose pages may write here, and frame ours
    trusted_proxies: tuple[str, ...] = ()  # whose X-Forwarded-For says who asks

    @field_validator("public_url", "origins")
    @classmethod
    def _are_origins(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            if url and (not url.startswith(("http://", "https://")) or url.endswith("/") or " " in url):
                raise ValueError("give http(s)://HOST[:PORT] without a slash at the end")
        return value


class DatabaseSettings(_Section):
    """Empty: SQLite in STATE/hq.sqlite. A PostgreSQL password belongs in ~/.pgpass or PGPASSWORD, not here."""

    url: str = ""


class MerchantSettings(_Section):
    name: Annotated[str, Field(max_length=80)] = "Regulars"


class StoreSettings(_Section):
    """How long a store may work without head office, and who holds members that have no home store.

    A merchant of a few shops lets every one of them recognise everybody; a chain has members held where they are at
    home, and elsewhere when they come.
    """

    lease_days: Annotated[int, Field(ge=1, le=14)] = 7
    unassigned: Literal["everywhere", "nowhere"] = "everywhere"


class RetentionSettings(_Section):
    """How long head office keeps what stores report."""

    presence_hours: Annotated[int, Field(ge=1, le=24 * 31)] = PRESENCE_HOURS
    event_days: Annotated[int, Field(ge=1, le=3_650)] = EVENT_DAYS


class LimitSettings(_Section):
    """Requests a minute, and at once: more is answered 429 with Retry-After. Low ones shut out a busy shop's Wi-Fi."""

    anybody_per_minute: Annotated[int, Field(ge=10)] = 300  # an address, without a sign-in: joins, codes, passwords
    refused_per_minute: Annotated[int, Field(ge=10)] = 60  # an address with tokens that open nothing
    callers_per_minute: Annotated[int, Field(ge=60)] = 1_200  # a key, a session at head office, a member's page
    devices_per_minute: Annotated[int, Field(ge=60)] = 6_000  # a store's machine: it pages through a whole replica


class Settings(_Section):
    web: WebSettings = WebSettings()
    database: DatabaseSettings = DatabaseSettings()
    merchant: MerchantSettings = MerchantSettings()
    stores: StoreSettings = StoreSettings()
    retention: RetentionSettings = RetentionSettings()
    limits: LimitSettings = LimitSettings()


def load_settings(state: Path) -> Settings:
    """Raises Misconfigured with every mistake in the file."""
    file = state / FILE_NAME
    try:
        return checked(tomllib.loads(file.read_text()) if file.exists() else {}, str(file))
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not UTF-8.", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{file} is not TOML: {error}.", "Mend the line.") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.", "Check its owner and mode.") from None


def checked(values: dict[str, object], source: str) -> Settings:
    """Raises Misconfigured with every mistake in `values`, which come from `source`."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(f"{source} is wrong: {faults}.", "Mend or remove these settings.") from None
