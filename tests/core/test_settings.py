"""store.toml: every setting described, every mistake told at once, no secret shown."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from edge.errors import SettingsError
from edge.settings import Settings
from edge.settings_file import described, load_settings, parse_settings
from tests.core.store import TABLES, settings


def mistakes(tables: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(tables, Path("store.toml"))
    assert caught.value.exit_code == 2
    return caught.value.mistakes


def undescribed(model: type[BaseModel], place: str = "") -> list[str]:
    found: list[str] = []
    for name, field in model.model_fields.items():
        here = f"{place}{name}"
        if not field.description:
            found.append(here)
        for part in _models(field.annotation):
            found += undescribed(part, f"{here}.")
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def test_every_setting_has_a_description() -> None:
    assert undescribed(Settings) == []


def test_every_setting_is_printed_with_its_description() -> None:
    lines = list(described(settings()))
    assert ("presence.left_after_s", "60.0") in [(place, value) for place, value, _ in lines]
    assert all(description for _, _, description in lines)


def test_a_secret_is_never_printed() -> None:
    secret = {"url": "http://127.0.0.1:1", "proxy_token": "hunter2"}
    assert "hunter2" not in str(list(described(settings(hq=secret))))


def test_all_mistakes_are_told_at_once() -> None:
    broken = {**TABLES, "store": {"number": -1, "id": "x y"}, "colour": {}, "presence": {"assurance": "maybe"}}
    told = mistakes(broken)
    assert len(told) >= 5
    for place in ("[store] number", "[store] id", "[store] name", "[colour]", "[presence] assurance"):
        assert any(sentence.startswith(place) for sentence in told), place


def test_an_unknown_setting_is_refused_with_its_place() -> None:
    told = mistakes({**TABLES, "presence": {"arive_after_s": 3}})
    assert told == ("[presence] arive_after_s is not a setting: remove it or correct its spelling.",)


def test_a_mistake_in_a_repeated_table_names_the_entry() -> None:
    zone = {"id": "coats", "rect": [5, 0, 1, 2]}
    assert any(sentence.startswith("[[zone]] coats") for sentence in mistakes({**TABLES, "zone": [zone]}))


@pytest.mark.parametrize(
    ("tables", "remedy"),
    [
        ({"zone": [*TABLES["zone"], {"id": "coats", "rect": [0, 0, 1, 1]}]}, "give each its own"),
        ({"screen": [{"id": "window", "zone": "cellar"}]}, "use one of"),
        ({"zone": [{"id": "out", "kind": "outside", "rect": [0, 0, 1, 1]}], "scanner": [], "screen": []}, "add one"),
        ({"scanner": [{"id": "s1", "source": "replay"}]}, "position"),
        ({"scanner": [{"id": "s1", "zone": "coats", "source": "hci0"}]}, "bluez:AA:BB"),
        ({"hq": {"url": "hq.example/path"}}, "https://hq.example"),
        ({"store": {**TABLES["store"], "timezone": "Mars/Base"}}, "Europe/Berlin"),
    ],
)
def test_each_mistake_comes_with_its_remedy(tables: dict[str, Any], remedy: str) -> None:
    assert any(remedy in sentence for sentence in mistakes({**TABLES, **tables}))


@pytest.mark.parametrize(("number", "remedy"), [("x", "write a whole number."), (-4, "write a number greater than")])
def test_a_number_is_asked_for_in_plain_words(number: object, remedy: str) -> None:
    (told,) = mistakes(TABLES | {"store": TABLES["store"] | {"number": number}})
    assert remedy in told


def test_a_file_that_is_not_there_or_not_toml_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "store.toml"
    broken.write_text("[store\nnumber = 1")
    for path in (broken, tmp_path / "other.toml"):
        with pytest.raises(SettingsError, match=str(path)):
            load_settings(path)


def test_the_lease_follows_the_offline_policy() -> None:
    assert settings().offline.lease_days == 7
    assert settings(offline={"policy": "strict"}).offline.lease_days == 2
