#!/usr/bin/env bash
# Puts a store's service, or head office's, on Raspberry Pi OS or Debian 12 and newer; run it again to update it.
# Program in /opt/regulars, settings in /etc/regulars, state in /var/lib/regulars; deploy/uninstall.sh takes it away.
# Exit: 0 done, 2 wrong use, 3 a prerequisite is missing, 4 packages could not be fetched.
set -euo pipefail
usage="Usage: deploy/install.sh [--solo | --head-office] [--wheels DIR]
  --solo         one shop without a head office elsewhere: runs both on this machine
  --head-office  head office alone, for the stores that enrol there
  --wheels DIR   take the Python packages from DIR, without a network; fill it on a machine of the same kind with
                 python3 -m pip download --require-hashes --no-deps --only-binary :all: -r requirements/PINS.txt -d DIR
                 where PINS is postgres for --head-office, else base"

checkout=$(cd "$(dirname "$0")/.." && pwd)
prefix=/opt/regulars
units=(regulars-edge.service regulars-solo.service regulars-hq.service)
unit=regulars-edge.service pins=base wheels=

say() { echo "$*" >&2; }
stop() { say "install.sh: $2"; exit "$1"; }

while [ $# -gt 0 ]; do
    case $1 in
        --solo) unit=regulars-solo.service ;;
        --head-office) unit=regulars-hq.service pins=postgres ;;
        --wheels) wheels=${2:-}; [ -d "$wheels" ] || stop 2 "--wheels: '$wheels' is not a folder: name one."; shift ;;
        -h | --help) echo "$usage"; exit 0 ;;
        *) stop 2 "'$1' is not an option. $usage" ;;
    esac
    shift
done

prerequisites() {
    [ "$(id -u)" = 0 ] || stop 3 "only root may install a service: run it with sudo."
    command -v apt-get >/dev/null || stop 3 "this is not Debian or Raspberry Pi OS (no apt-get): use one of them."
    command -v systemctl >/dev/null || stop 3 "systemd is missing: use a system that starts with it."
}

# Only what is missing is asked of apt, so a machine that has it all needs no network.
debian_packages() {
    local package missing=() wanted=(python3 python3-venv)
    ! has_radio || wanted+=(dbus bluez)
    # With it come the libraries by which systemd speaks to a TPM.
    has_keys || ! has_tpm || wanted+=(tpm2-tools)
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        say "Installing ${missing[*]}"
        apt-get update -qq >&2 || stop 4 "apt found no packages (its words are above): check the network."
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2 \
            || stop 4 "apt could not install ${missing[*]} (its words are above): check the network."
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        || stop 3 "Python 3.11 or newer is needed: upgrade to Debian 12 or newer."
}

has_radio() { [ "$unit" != regulars-hq.service ]; }

own_user() {
    getent passwd regulars >/dev/null \
        || useradd --system --user-group --home-dir /var/lib/regulars --no-create-home --shell /usr/sbin/nologin regulars
    # D-Bus lets this group speak to bluetoothd.
    ! has_radio || ! getent group bluetooth >/dev/null || usermod --append --groups bluetooth regulars
    install -d -m 0700 -o regulars -g regulars /var/lib/regulars
    install -d -m 0750 -o root -g regulars /etc/regulars
}

# One environment for each state of the checkout, made aside and switched to by one rename: a power cut in between
# leaves the one that runs. What was there before stays until the next time, to go back to.
program() {
    local name release
    name=$(cd "$checkout" && { python3 -V; sha256sum "requirements/$pins.txt" pyproject.toml README.md; find \
        edge hq wire simulator display regulars firmware_config -type f -not -path '*/__pycache__/*' -print0 \
        | sort -z | xargs -0 sha256sum; } | sha256sum | cut -c 1-16)
    release=$prefix/releases/$name
    if [ ! -e "$release/complete" ]; then
        say "Making $release from the hashed pins"
        rm -rf "$release"
        install -d "$prefix" "$prefix/releases"
        python3 -m venv "$release"
        pip "$release" --require-hashes --only-binary :all: --requirement "$checkout/requirements/$pins.txt" \
            ${wheels:+--no-index --find-links "$wheels"} \
            || stop 4 "the packages could not be installed (pip's words are above): check the network, or give --wheels."
        pip "$release" --no-build-isolation --no-index "$checkout" \
            || stop 2 "the checkout itself could not be installed (pip's words are above): fetch it again."
        install -m 0644 "$checkout/README.md" "$release/README.md"
        touch "$release/complete"
    fi
    ln -sfn "$release" "$prefix/next"
    mv -fT "$prefix/next" "$prefix/current"
    older=$(find "$prefix/releases" -mindepth 1 -maxdepth 1 -not -name "$name" -printf '%T@ %p\n' | sort -rn | tail -n +2)
    [ -z "$older" ] || cut -d ' ' -f 2 <<<"$older" | xargs rm -rf
}

pip() {
    local release=$1
    shift
    "$release/bin/python" -m pip -qq --disable-pip-version-check --no-input install --no-deps "$@" >&2
}

settings() {
    [ "$unit" = regulars-edge.service ] || return 0
    [ -e /etc/regulars/store.toml ] || install -m 0640 -o root -g regulars \
        "$checkout/regulars/solo/store.toml" /etc/regulars/store.toml
}

# The key of the store's files, and where head office is, the one that seals members' keys: sealed to the TPM where the
# machine has one, else a file that only root may read; systemd hands them to the service either way, so that no copy of
# the state folder holds them. Those that the service made for itself move here.
keys() {
    local name dropin=/etc/systemd/system/$unit.d
    for name in $(key_names); do kept_key "$name"; done
    install -d "$dropin"
    for name in $(key_names); do
        if [ -e "$(key_folder)/$name.tpm" ]; then
            echo "LoadCredentialEncrypted=$name.tpm:$(key_folder)/$name.tpm"
        else
            echo "LoadCredential=$name.root:$(key_folder)/$name.root"
        fi
    done | sed '1i [Service]' >"$dropin/keys.conf"
    rm -f "$dropin/store-key.conf" # its name before there were two
}

# A machine that was one store of many and becomes a single shop, or back, keeps the keys of all.
key_folder() {
    case $unit in
        regulars-edge.service) echo /etc/regulars/key ;;
        regulars-solo.service) echo /etc/regulars/key/solo ;;
        regulars-hq.service) echo /etc/regulars/key/head-office ;;
    esac
}

key_names() {
    case $unit in
        regulars-edge.service) echo store.key ;;
        regulars-solo.service) echo store.key seal.key ;;
        regulars-hq.service) echo seal.key ;;
    esac
}

has_key() { [ -e "$(key_folder)/$1.tpm" ] || [ -e "$(key_folder)/$1.root" ]; }

has_keys() { local name; for name in $(key_names); do has_key "$name" || return 1; done; }

# Where the service makes the key itself, and what it opens.
made_and_opens() {
    local state=/var/lib/regulars
    case $unit:$1 in
        regulars-edge.service:store.key) echo $state/store.key $state/outbox.db ;;
        regulars-solo.service:store.key) echo $state/solo/store/store.key $state/solo/store/outbox.db ;;
        regulars-solo.service:seal.key) echo $state/solo/head-office/seal.key $state/solo/head-office/hub.key ;;
        regulars-hq.service:seal.key) echo $state/head-office/seal.key $state/head-office/hub.key ;;
    esac
}

kept_key() {
    local name=$1 kept made opens
    kept=$(key_folder)
    read -r made opens <<<"$(made_and_opens "$name")"
    install -d -m 0700 /etc/regulars/key "$kept"
    if ! has_key "$name"; then
        [ -e "$made" ] || [ ! -e "$opens" ] \
            || stop 3 "$opens is there and its key is not: bring $kept/$name.root back from the backup."
        (umask 077 && { cat "$made" 2>/dev/null || od -An -vtx1 -N32 /dev/urandom; } | tr -d ' \n' >"$kept/new")
        if has_tpm && sealed "$name" "$kept/new" "$kept/new.tpm"; then
            mv "$kept/new.tpm" "$kept/$name.tpm"
        else
            rm -f "$kept/new.tpm"
            ! has_tpm || say "The TPM did not take the key: it lies in a file that only root may read."
            mv "$kept/new" "$kept/$name.root"
        fi
        sync
        [ ! -e "$made" ] || shred -u "$made"
    fi
    [ ! -e "$kept/new" ] || shred -u "$kept/new"
}

# Not `systemd-creds has-tpm2`: it wants firmware that says so too, and a Raspberry Pi has none. The variable is systemd's
# own way to name another device.
has_tpm() { [ -e /dev/tpmrm0 ] || [ -n "${SYSTEMD_TPM2_DEVICE:-}" ]; }

# Bound to the chip and to no state of it, since an update of the firmware must not lock the outbox: PCR 16 is for
# debugging, and nothing measures into it. Without any PCR systemd 252 seals what it cannot open again, so it is opened
# once before anybody relies on it.
sealed() {
    systemd-creds encrypt --with-key=tpm2 --tpm2-pcrs=16 --name="$1.tpm" "$2" "$3" \
        && sync && systemd-creds decrypt --name="$1.tpm" "$3" - | cmp --silent - "$2"
}

units() {
    local one
    for one in "${units[@]}"; do
        install -D -m 0644 "$checkout/deploy/systemd/$one" "/etc/systemd/system/$one"
    done
    if has_radio; then
        one=bluetooth.service.d/regulars.conf
        install -D -m 0644 "$checkout/deploy/systemd/$one" "/etc/systemd/system/$one"
        install -D -m 0644 "$checkout/deploy/tmpfiles.d/regulars.conf" /etc/tmpfiles.d/regulars.conf
    fi
    install -D -m 0755 "$checkout/deploy/regulars" /usr/local/bin/regulars
    for one in "${units[@]}"; do
        [ "$one" = "$unit" ] || systemctl --quiet disable "$one" 2>/dev/null || true
    done
    systemctl --quiet enable "$unit"
}

# In an image that is being built there is no systemd to speak to; the unit starts when the machine does.
start() {
    if [ ! -d /run/systemd/system ]; then
        say "Installed. $unit starts with the machine."
        return 0
    fi
    systemctl daemon-reload
    ! has_radio || systemctl try-restart bluetooth.service \
        || say "bluetooth.service did not restart: see journalctl -u bluetooth."
    systemctl restart "$unit" || stop 2 "$unit did not start; its last words:
$(journalctl --unit "$unit" --lines 5 --output cat --no-pager)"
    say "$unit is $(systemctl is-active "$unit")."
    if has_radio; then
        regulars doctor || true
    else
        say "Next: settings and a proxy as docs/head-office.md says, then \`regulars hq admin invite\`."
    fi
}

prerequisites
debian_packages
own_user
program
settings
keys
units
start
[ "$unit" = regulars-edge.service ] || [ -e "$(key_folder)/seal.key.tpm" ] || say "This machine holds the key of every \
member, and has no TPM that seals it: who takes the machine, or its card, has them. Lock it away."
