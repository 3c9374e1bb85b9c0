#!/usr/bin/env bash
# By hand, as root: is the Debian package all that a Debian 12 needs? Makes a minimal chroot with
# debootstrap, installs the package with apt, checks unit and configuration there, and starts the daemon
# with the command line and as the user of the unit. An alert must become a mail in its mailbox.
#
#   bare_deb.sh DIR [PACKAGE]
#
# PACKAGE is what ./dev deb made unless said. DIR is made if it is not there and kept afterwards; a second
# call upgrades. The mirror is the one that this machine's apt uses; the network is shared with it.
set -euo pipefail

[[ $# = 1 || $# = 2 ]] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bare_deb: needs root for chroot and mounts" >&2; exit 2; }
root=$(readlink -m "$1")
repo=$(git -C "$(dirname "$(readlink -f "$0")")" rev-parse --show-toplevel)
packages=("$repo"/build/deb/*.deb)
package=${2:-${packages[0]}}
[ -f "$package" ] || { echo "bare_deb: no package; run ./dev deb" >&2; exit 2; }
pid=

# shellcheck source=tests/e2e/bare_root.sh
. "$repo/tests/e2e/bare_root.sh"

enter_root
step "apt install $(basename "$package")"
cp "$package" "$root/tmp/tocsin.deb"
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends --reinstall -o Dpkg::Use-Pty=0 \
  /tmp/tocsin.deb >"$root/tmp/apt.log" 2>&1 || { tail -n 30 "$root/tmp/apt.log"; exit 1; }

step "users, folders, unit, configuration"
inside getent passwd tocsin
modes=$(inside stat -c '%a %U:%G %n' /etc/tocsin /etc/tocsin/tocsin.yaml /var/lib/tocsin)
echo "$modes"
diff - <(echo "$modes") <<'TEXT'
750 root:tocsin /etc/tocsin
640 root:tocsin /etc/tocsin/tocsin.yaml
700 tocsin:tocsin /var/lib/tocsin
TEXT
inside systemd-analyze verify --man=no tocsin.service
inside systemd-analyze security --offline=yes --threshold=15 --no-pager tocsin.service | tail -n 1
inside setpriv --reuid tocsin --regid tocsin --clear-groups tocsin check
inside test -e /etc/systemd/system/multi-user.target.wants/tocsin.service

# The daemon is not under systemd here, so its command line is taken from the unit.
read -r -a command < <(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/tocsin.service")
step "${command[*]}"
rm -rf "$root/var/lib/tocsin/mailbox"
set -m # a process group of its own, so that the daemon ends with us
chroot "$root" setpriv --reuid tocsin --regid tocsin --clear-groups \
  "${command[@]}" >"$root/tmp/run.log" 2>&1 &
pid=$!
set +m

answers() { inside tocsin incident list >/dev/null 2>&1; }
paged() { compgen -G "$root/var/lib/tocsin/mailbox/*.eml" >/dev/null; }

wait_for 60 answers
inside tocsin send --key "disk-full-$(date +%s)" --ci "db-$RANDOM" --severity critical --summary 'Disk is full'
wait_for 10 paged
step "the page is in the mailbox"
inside tocsin incident list
kill "$pid"
wait "$pid"
pid=
step "stopped cleanly; passed"
