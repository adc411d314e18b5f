"""An adapter is found by its MAC, whatever number BlueZ gave it today."""

import pytest

from edge.adapters.bluez_adapter import named_adapter

OBJECTS: dict[str, dict[str, dict[str, str]]] = {
    "/org/bluez": {"org.bluez.AgentManager1": {}},
    "/org/bluez/hci1": {"org.bluez.Adapter1": {"Address": "B8:27:EB:00:00:01"}},
    "/org/bluez/hci0": {"org.bluez.Adapter1": {"Address": "00:1A:7D:DA:71:13"}},
    "/org/bluez/hci0/dev_11": {"org.bluez.Device1": {"Address": "B8:27:EB:00:00:02"}},
}


@pytest.mark.parametrize(
    ("mac", "name"),
    [
        ("B8:27:EB:00:00:01", "hci1"),
        ("b8:27:eb:00:00:01", "hci1"),
        ("00:1A:7D:DA:71:13", "hci0"),
        ("B8:27:EB:00:00:02", None),
        ("", "hci0"),
    ],
    ids=["by MAC", "in small letters", "the other", "a device is no adapter", "any: the first"],
)
def test_an_adapter_is_found_by_its_mac(mac: str, name: str | None) -> None:
    assert named_adapter(OBJECTS, mac) == name


def test_without_an_adapter_there_is_none() -> None:
    assert named_adapter({"/org/bluez": {}}, "") is None
