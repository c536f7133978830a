# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# What has to be so before anything is changed: each thing that is not is a line.

# The version of the store's tables that this program knows, as packages/store/src/sqlite/schema.ts has it.
state_version=2

problems=0
problem() {
  complain "$@"
  problems=$((problems + 1))
}

have() { PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$1" >/dev/null; }

need() {
  have "$1" || problem "$1 is missing; on Debian: apt-get install $2"
}

check_program() {
  local command
  for command in $commands; do
    if [ ! -x "build/program/bin/$command" ]; then
      problem "build/program/bin/$command is not there; make it with: npm run program"
      return
    fi
  done
  if [ -n "$tree" ]; then return; fi
  # Services look for programs there, and not where a user's own version of Node.js may be.
  if ! have node; then
    problem 'node is missing in /usr/local/bin and /usr/bin; Node.js 20.19 or later is needed'
  elif ! node_runs; then
    problem "Node.js 20.19 or later is needed; $(PATH=/usr/local/bin:/usr/bin command -v node) is $(PATH=/usr/local/bin:/usr/bin node --version)"
  elif ! PATH=/usr/local/bin:/usr/bin build/program/bin/patchbay-storage --version >/dev/null 2>&1; then
    problem "the program does not run with Node.js $(PATH=/usr/local/bin:/usr/bin node --version); make it on a machine like this one: npm ci && npm run program"
  fi
}

node_runs() {
  PATH=/usr/local/bin:/usr/bin node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

check_tools() {
  if [ "$init" = systemd ]; then
    [ -d /run/systemd/system ] || problem 'systemd does not run this machine; give --init sysv'
  else
    need start-stop-daemon dpkg
    need flock util-linux
    need update-rc.d init-system-helpers
  fi
  getent passwd "$user" >/dev/null || need useradd passwd
  getent group "$admins" >/dev/null || need groupadd passwd
  if [[ " $daemons " == *' rpcserver '* ]]; then
    need tgtd tgt
    need tgtadm tgt
    need qemu-img qemu-utils
  fi
}

# Prints the nearest directory above a path that is there.
standing() {
  local path=$1
  while [ ! -d "$path" ]; do path=$(dirname "$path"); done
  echo "$path"
}

# check_room KIB PATH
check_room() {
  local kib=$1 at free
  at=$(standing "$2")
  if [ ! -w "$at" ]; then
    problem "cannot write to $at"
    return
  fi
  free=$(df -Pk "$at" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$kib" ] || problem "no room in $at: $((kib / 1024)) MiB are needed, and $((free / 1024)) are free"
}

check_rooms() {
  local size=0
  [ ! -d build/program ] || size=$(du -sk build/program | cut -f 1)
  check_room $((size + 1024)) "$program"
  check_room 16384 "$tree/var/lib/patchbay"
  check_room 1024 "$tree/etc/patchbay"
}

# check_port WHAT ADDRESS FILE KEY [HINT]
check_port() {
  local what=$1 address=$2 file=$3 key=$4
  have node || return 0
  PATH=/usr/local/bin:/usr/bin node -e '
    const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(process.argv[1]) ?? process.exit(0);
    const server = require("node:net").createServer();
    server.once("error", ({ code }) => process.exit(code === "EADDRINUSE" ? 1 : 0));
    server.listen({ host, port: Number(port) }, () => server.close());' "$address" ||
    problem "$what cannot listen on $address, which another program has; end that${5:-}, or change $key in $file"
}

check_ports() {
  local daemon
  for daemon in $daemons; do
    if ! is_running "$daemon"; then
      check_port "patchbay-$daemon" "$(listen_of "$daemon")" "/etc/patchbay/$daemon.yaml" listen
    fi
  done
  if [[ " $daemons " == *' rpcserver '* ]] && [ -z "$(init.d/end-tgtd.sh --list)" ]; then
    check_port tgtd "$(portal)" /etc/patchbay/rpcserver.yaml portal \
      " (Debian's own tgt service: service tgt stop, update-rc.d tgt disable)"
  fi
}

# Refuses state that this version cannot read, and older programs than the one that is here.
check_state() {
  local new old file version
  new=$(version_of build/program)
  old=$(version_of "$program")
  if [ -n "$new" ] && [ -n "$old" ] && is_newer "$old" "$new"; then
    problem "version $old is installed, which is newer than this, $new; remove it first, or install what is newer"
  fi
  for file in "$tree$(state_of nameserver)/store.sqlite" "$tree$(state_of rpcserver)"/objects/*/catalog/store.sqlite; do
    [ -s "$file" ] || continue
    # `user_version` of the file, which stands in its header.
    version=$(od -An -tu1 -j60 -N4 "$file" | awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
    [ "$version" -le "$state_version" ] ||
      problem "$file is of a newer version of Patchbay: it has version $version, and $new knows $state_version; install that version"
  done
}

# The configuration that is here has to be right for the new program.
check_configuration() {
  local daemon file said
  for daemon in $daemons $(companions); do
    file=$tree/etc/patchbay/$daemon.yaml
    if [ -e "$file" ] && [ "$problems" -eq 0 ] && [ -z "$tree" ]; then
      said=$(build/program/bin/"$(command_of "$daemon")" check-config "$file" 2>&1) ||
        problem "$file does not fit this version: $(grep -im 1 error <<<"$said")"
    fi
  done
}

check_all() {
  check_program
  check_rooms
  check_state
  if [ -z "$tree" ]; then
    check_tools
    check_ports
    check_configuration
  fi
  if [ "$problems" -gt 0 ]; then
    fail 5 'nothing was changed'
  fi
}
