#!/bin/sh
# Makes a machine of its own out of this one, for tests of installing: boot-machine.sh DIRECTORY sysv|systemd.
# Its files are this machine's with its own changes over them, kept in memory. Its processes, network, mounts and
# cgroups are its own, and end with it. DIRECTORY/files is /srv/files there, and /srv/changes is what was changed.
# With systemd that is its first process, and a reboot is one: it ends all processes and mounts, and keeps the files.
set -eu
directory=$1
init=$2
root=$directory/root

# Outside: into cgroups of its own, so that those that systemd makes are below them. boot-machine.sh is then run again.
if [ $# -eq 2 ]; then
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    if [ -e "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ]; then
      own=$hierarchy/$(basename "$directory")
      mkdir "$own"
      if [ -e "$own/cpuset.cpus" ]; then
        cat "$hierarchy/cpuset.cpus" >"$own/cpuset.cpus"
        cat "$hierarchy/cpuset.mems" >"$own/cpuset.mems"
      fi
      echo $$ >"$own/cgroup.procs"
    fi
  done
  exec unshare --mount --pid --net --ipc --uts --fork --kill-child=KILL "$0" "$directory" "$init" power
fi

# The power: the disk and the network, which outlast a reboot.
if [ "$3" = power ]; then
  mkdir -p "$directory/files" "$directory/changes" "$root"
  mount -t tmpfs tmpfs "$directory/changes"
  mkdir "$directory/changes/upper" "$directory/changes/work"
  mount -t overlay -o "lowerdir=/,upperdir=$directory/changes/upper,workdir=$directory/changes/work" overlay "$root"
  mkdir "$root/srv/files" "$root/srv/changes" "$root/srv/before"
  mount --bind "$directory/files" "$root/srv/files"
  mount --bind "$directory/changes/upper" "$root/srv/changes"
  ip link set lo up
  status=129 # of a first process that the kernel ended by HUP, as it does at a reboot
  while [ "$status" -eq 129 ]; do
    status=0
    unshare --mount --pid --cgroup --fork --kill-child=KILL "$0" "$directory" "$init" boot || status=$?
  done
  exit
fi

mount -t proc proc "$root/proc"
mount --bind /proc/sys "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
# Loop devices are the kernel's, and so all machines'; a mount takes one that is free, and gives it back.
mknod "$root/dev/loop-control" c 10 237
for number in $(seq 0 31); do
  mknod "$root/dev/loop$number" b 7 "$number"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"

# A root of its own and not a chroot, as systemd makes such in turn for services.
enter() {
  cd "$root"
  pivot_root . srv/before
  umount -l /srv/before
}

if [ "$init" = systemd ]; then
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
  echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
  printf '[Unit]\nDescription=Nothing but what a test starts\nDefaultDependencies=no\n' \
    >"$root/etc/systemd/system/bare.target"
  enter
  mount --make-rshared / # as systemd has it on a machine: a mount reaches the services that run
  exec env -i container=test PATH="$PATH" \
    /lib/systemd/systemd --system --unit=bare.target --log-target=journal --show-status=no
fi
# The first process takes those on that have lost their parent, and waits for their end.
enter
exec sh -c 'sleep infinity & wait'
