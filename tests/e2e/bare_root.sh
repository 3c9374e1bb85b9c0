# Sourced by bare_debian.sh and bare_deb.sh: a minimal Debian 12 in a folder, made by debootstrap, with
# the mirror of this machine's apt and the network of the machine. Expects `root`; `pid`, when set, is the
# process group that is ended with us. Needs root.
# shellcheck shell=bash disable=SC2154 # root and pid are of who sources this

step() { printf '### %s s  %s\n' "$SECONDS" "$*"; }

# inside COMMAND... : in the chroot, with an environment that has nothing of ours
inside() {
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

finish() {
  status=$?
  if [ -n "$pid" ]; then
    kill -- "-$pid" 2>/dev/null || true
    wait "$pid" || true
  fi
  umount "$root/dev/shm" "$root/dev" "$root/proc" 2>/dev/null || true
  exit "$status"
}

# One line for every suite of Debian 12 that this machine's apt knows.
sources() {
  # shellcheck disable=SC2016  # apt expands these
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 ~ /^bookworm/ && $3 == "main" { print "deb", $1, $2, $3 }'
}

# Makes the folder unless it is there, and mounts what programs expect until we end.
enter_root() {
  local mirror
  if [ ! -e "$root/etc/debian_version" ]; then
    step "debootstrap into $root"
    mirror=$(sources | awk '$3 == "bookworm" { print $2; exit }')
    [ -n "$mirror" ] || { echo "apt of this machine knows no bookworm" >&2; exit 1; }
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
}

# wait_for SECONDS COMMAND... : true as soon as the command is; false in time, or when `pid` ended
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$pid"; then
      tail -n 40 "$root/tmp/run.log"
      return 1
    fi
    sleep 0.2
  done
}
