#!/usr/bin/env bash
# Takes the store's service away. Settings and state stay, for whoever installs it again; --purge removes them and the
# user too. Debian's packages stay: others may use them.
set -euo pipefail
purge=
case ${1:-} in
    '') ;;
    --purge) purge=yes ;;
    -h | --help) echo "Usage: deploy/uninstall.sh [--purge]"; exit 0 ;;
    *) echo "uninstall.sh: '$1' is not an option: only --purge is." >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "uninstall.sh: only root may remove a service: run it with sudo." >&2; exit 3; }

for unit in regulars-edge.service regulars-solo.service regulars-hq.service; do
    systemctl --quiet disable --now "$unit" 2>/dev/null || true
    rm -f "/etc/systemd/system/$unit" "/etc/systemd/system/$unit.d/keys.conf"
    rm -f "/etc/systemd/system/$unit.d/store-key.conf" # its name before there were two keys
    rmdir --ignore-fail-on-non-empty "/etc/systemd/system/$unit.d" 2>/dev/null || true
done
rm -f /etc/systemd/system/bluetooth.service.d/regulars.conf /etc/tmpfiles.d/regulars.conf /usr/local/bin/regulars
rmdir --ignore-fail-on-non-empty /etc/systemd/system/bluetooth.service.d 2>/dev/null || true
rm -rf /opt/regulars
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reset-failed regulars-edge.service regulars-solo.service regulars-hq.service 2>/dev/null || true
    systemctl try-restart bluetooth.service || true
fi
if [ -n "$purge" ]; then
    rm -rf /etc/regulars /var/lib/regulars
    ! getent passwd regulars >/dev/null || userdel regulars
    ! getent group regulars >/dev/null || groupdel regulars
    echo "Removed, with settings and state." >&2
else
    echo "Removed. /etc/regulars and /var/lib/regulars stay; --purge removes them." >&2
fi
