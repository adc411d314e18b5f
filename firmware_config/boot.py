"""What the Raspberry Pi itself needs: start-up files, Bluetooth, watchdog. Each text says where it belongs."""

from typing import Final

from firmware_config.plan import Pi

# 60 ms and 56.25 ms in steps of 0.625 ms: 94 % of the time, and a gap for the store's own advertising and challenges.
_SCAN_INTERVAL: Final = 96
_SCAN_WINDOW: Final = 90


def config_txt(pi: Pi) -> str:
    lines = [
        "# Append to /boot/firmware/config.txt, below [all].",
        "# The hardware watchdog; systemd feeds it (10-regulars-watchdog.conf).",
        "dtparam=watchdog=on",
        "# No desktop: the least memory for graphics. A kiosk screen on this machine needs the line removed.",
        "gpu_mem=16",
        "# Nobody listens to it.",
        "dtparam=audio=off",
    ]
    if not pi.uses_internal_bluetooth:
        lines += ["# The USB adapter does the work: one radio less beside it.", "dtoverlay=disable-bt"]
    if not pi.keeps_wifi:
        lines += ["# The Pi hangs on a cable, and 2.4 GHz beside a scanner costs sightings.", "dtoverlay=disable-wifi"]
    return "\n".join(lines) + "\n"


def cmdline_txt() -> str:
    """One line, for a file of one line: memory limits for services, no sleeping USB adapter, restart after a panic."""
    return "cgroup_enable=memory usbcore.autosuspend=-1 panic=10\n"


def bluetooth_conf() -> str:
    return f"""\
# /etc/bluetooth/main.conf
[General]
Name = Regulars
# Low energy only: nothing here speaks classic Bluetooth.
ControllerMode = le
# Never asks a stranger's phone for its name.
NameResolving = false
# Nobody pairs with the store; what passed by is forgotten after the shortest useful time.
AlwaysPairable = false
JustWorksRepairing = never
TemporaryTimeout = 10
# Advertisement monitors, without which BlueZ reports each phone once per scan.
Experimental = true

[LE]
# In steps of 0.625 ms: 94 % of the time, the rest is for the store's own advertising and its challenges.
# BlueZ 5.66 calls the two of AdvMonitor unknown when it starts, and uses them.
ScanIntervalDiscovery = {_SCAN_INTERVAL}
ScanWindowDiscovery = {_SCAN_WINDOW}
ScanIntervalAdvMonitor = {_SCAN_INTERVAL}
ScanWindowAdvMonitor = {_SCAN_WINDOW}

[GATT]
# What a phone offered is not remembered.
Cache = no

[Policy]
AutoEnable = true
"""


def udev_rules() -> str:
    return """\
# /etc/udev/rules.d/99-regulars-bluetooth.rules
# A USB Bluetooth adapter never sleeps: it would be deaf while it wakes.
ACTION=="add", SUBSYSTEM=="usb", ATTR{bDeviceClass}=="e0", ATTR{bDeviceSubClass}=="01", ATTR{bDeviceProtocol}=="01", \
TEST=="power/control", ATTR{power/control}="on"
# And no rfkill switch of an earlier life keeps it silent.
ACTION=="add", SUBSYSTEM=="rfkill", ATTR{type}=="bluetooth", ATTR{soft}="0"
"""


def watchdog_conf(pi: Pi) -> str:
    return f"""\
# /etc/systemd/system.conf.d/10-regulars-watchdog.conf
[Manager]
RuntimeWatchdogSec={pi.watchdog_s}
RebootWatchdogSec={pi.watchdog_s}
"""
