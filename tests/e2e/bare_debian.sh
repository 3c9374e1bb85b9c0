#!/usr/bin/env bash
# By hand, as root: does the repository work on a Debian 12 that has nothing? Makes a minimal chroot
# with debootstrap, clones the last commit into it and runs one verb of ./dev inside.
#
#   bare_debian.sh DIR setup   the packages only
#   bare_debian.sh DIR test    ./dev test
#   bare_debian.sh DIR run     ./dev run, then the curl line that it prints; the page must be in the
#                              mailbox within two seconds
#
# DIR is made if it is not there and kept afterwards, so that a second call shows what is skipped.
# The mirror is the one that this machine's apt uses. The network is shared with the machine.
set -euo pipefail

[[ $# = 2 && $2 =~ ^(setup|test|run)$ ]] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bare_debian: needs root for chroot and mounts" >&2; exit 2; }
root=$(readlink -m "$1") verb=$2
repo=$(git -C "$(dirname "$(readlink -f "$0")")" rev-parse --show-toplevel)
home=/srv/tocsin # inside the chroot
pid=

step() { printf '### %s s  %s\n' "$SECONDS" "$*"; }

finish() {
  status=$?
  if [ -n "$pid" ]; then
    kill -- "-$pid" 2>/dev/null || true
    wait "$pid" || true
  fi
  umount "$root/dev/shm" "$root/dev" "$root/proc" 2>/dev/null || true
  exit "$status"
}

inside() {
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/bash -c "cd $home && $1"
}

# One line for every suite of Debian 12 that this machine's apt knows.
sources() {
  # shellcheck disable=SC2016  # apt expands these
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 ~ /^bookworm/ && $3 == "main" { print "deb", $1, $2, $3 }'
}

if [ ! -e "$root/etc/debian_version" ]; then
  step "debootstrap into $root"
  mirror=$(sources | awk '$3 == "bookworm" { print $2; exit }')
  [ -n "$mirror" ] || { echo "bare_debian: apt of this machine knows no bookworm" >&2; exit 1; }
  debootstrap --variant=minbase bookworm "$root" "$mirror" >/dev/null
fi
sources >"$root/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::(Check-|http)' >"$root/etc/apt/apt.conf.d/90machine" || true
cp /etc/resolv.conf /etc/hosts "$root/etc/"

trap finish EXIT
trap 'exit 130' INT TERM
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/shm "$root/dev/shm"

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

# wait_for SECONDS COMMAND... : true as soon as the command is; false in time, or when ./dev run ended
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$pid"; then return 1; fi
    sleep 0.2
  done
}

mails() { { find "$root$home/var/mailbox" -name "*.eml" 2>/dev/null || true; } | wc -l; }
more_mails() { [ "$(mails)" -gt "$1" ]; }
printed_curl() { grep -qsE "^[[:space:]]*curl " "$root/tmp/run.log"; }

case $verb in
  setup)
    step "./dev setup"
    inside "./dev setup test"
    step "./dev setup, again"
    inside "./dev setup test"
    ;;
  test)
    step "./dev test"
    inside "./dev test"
    ;;
  run)
    step "./dev run"
    rm -f "$root/tmp/run.log"
    set -m # a process group of its own, so that the daemon ends with us
    inside "exec ./dev run" >"$root/tmp/run.log" 2>&1 &
    pid=$!
    set +m
    if ! wait_for 1800 printed_curl; then
      tail -n 40 "$root/tmp/run.log"
      echo "bare_debian: no curl line was printed" >&2
      exit 1
    fi
    step "the daemon runs; its curl line"
    before=$(mails)
    inside "$(grep -m 1 -E '^[[:space:]]*curl ' "$root/tmp/run.log")"
    echo
    if ! wait_for 2 more_mails "$before"; then
      tail -n 40 "$root/tmp/run.log"
      echo "bare_debian: no page in the mailbox after two seconds" >&2
      exit 1
    fi
    step "the page is in the mailbox"
    tail -n 20 "$root/tmp/run.log"
    ;;
esac
step "passed"
