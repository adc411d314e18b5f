#!/bin/bash
# PID 1 of the test machine, on the host's files: the system bus, then the agent that the host talks to.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
word() { sed -n "s/.*regulars\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
say() { read -r up _ </proc/uptime; echo "[$up] $*"; }
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /var/lib/bluetooth
busybox ip link set lo up
dbus-daemon --system --fork --nopidfile
say "bus is up"
# An emulated processor stalls for seconds; the kernel's reports to bluetoothd wait meanwhile instead of being dropped.
echo 16777216 >/proc/sys/net/core/rmem_default
mount -t tmpfs tmpfs /var/lib/bluetooth
export PYTHONPYCACHEPREFIX=$(word pycache)
cd "$(word tree)" || exit 1
"$(word python)" -u -m tests.bluez.agent
say "agent ended with $?"
sync
echo o >/proc/sysrq-trigger
sleep 5
