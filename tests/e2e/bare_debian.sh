#!/usr/bin/env bash
# By hand, as root: does the repository work on a Debian 12 that has nothing? Makes a minimal chroot
# with debootstrap, clones the last commit into it and runs one verb of ./dev inside.
#
#   bare_debian.sh DIR setup   the packages only
#   bare_debian.sh DIR test    ./dev test
#   bare_debian.sh DIR run     ./dev run, then the curl line that it prints; the page must be in the
#                              mailbox within two seconds
#   bare_debian.sh DIR demo    ./dev demo, to its end
#
# DIR is made if it is not there and kept afterwards, so that a second call shows what is skipped.
# The mirror is the one that this machine's apt uses. The network is shared with the machine.
set -euo pipefail

[[ $# = 2 && $2 =~ ^(setup|test|run|demo)$ ]] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bare_debian: needs root for chroot and mounts" >&2; exit 2; }
root=$(readlink -m "$1") verb=$2
repo=$(git -C "$(dirname "$(readlink -f "$0")")" rev-parse --show-toplevel)
home=/srv/tocsin # inside the chroot
pid=

# shellcheck source=tests/e2e/bare_root.sh
. "$repo/tests/e2e/bare_root.sh"
at_home() { inside /bin/bash -c "cd $home && $1"; }

enter_root
step "clone of $repo"
if [ -n "$(git -C "$repo" status --porcelain)" ]; then
  echo "bare_debian: the work tree has changes that are not committed and not tested here" >&2
fi
if [ -d "$root$home/.git" ]; then
  git -C "$root$home" fetch -q "$repo" HEAD
  git -C "$root$home" reset -q --hard FETCH_HEAD
else
  git clone -q --no-hardlinks "$repo" "$root$home"
fi

mails() { { find "$root$home/var/mailbox" -name "*.eml" 2>/dev/null || true; } | wc -l; }
more_mails() { [ "$(mails)" -gt "$1" ]; }
printed_curl() { grep -qsE "^[[:space:]]*curl " "$root/tmp/run.log"; }

case $verb in
  setup)
    step "./dev setup"
    at_home "./dev setup test"
    step "./dev setup, again"
    at_home "./dev setup test"
    ;;
  test)
    step "./dev test"
    at_home "./dev test"
    ;;
  run)
    step "./dev run"
    rm -f "$root/tmp/run.log"
    set -m # a process group of its own, so that the daemon ends with us
    at_home "exec ./dev run" >"$root/tmp/run.log" 2>&1 &
    pid=$!
    set +m
    if ! wait_for 1800 printed_curl; then
      echo "bare_debian: no curl line was printed" >&2
      exit 1
    fi
    step "the daemon runs; its curl line"
    before=$(mails)
    at_home "$(grep -m 1 -E '^[[:space:]]*curl ' "$root/tmp/run.log")"
    echo
    if ! wait_for 2 more_mails "$before"; then
      echo "bare_debian: no page in the mailbox after two seconds" >&2
      exit 1
    fi
    step "the page is in the mailbox"
    tail -n 20 "$root/tmp/run.log"
    ;;
  demo)
    step "./dev demo"
    at_home "./dev demo --unattended"
    ;;
esac
step "passed"
