# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# Whether the daemons do what they are for.

# Waits up to 30 s until a command succeeds.
within_patience() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.3
  done
  return 1
}

# Where clients reach what listens on an address.
reached_at() { sed -E 's/^(0\.0\.0\.0|\[::\]):/127.0.0.1:/' <<<"$1"; }

# The daemon whose configuration says where the name server is.
naming_daemon() { if [[ " $daemons " == *' nameserver '* ]]; then echo nameserver; else echo rpcserver; fi; }

# Whether calls are over plain TCP.
is_plain() { [[ $(setting "$(configuration_of "$(naming_daemon)")" insecure false) != false ]]; }

# The name server that this host has joined, else that of this machine.
joined_name_server() {
  local file
  file=$tree$(state_of rpcserver)/identity.json
  # shellcheck disable=SC2016 # JavaScript's
  PATH=/usr/local/bin:/usr/bin node -p \
    'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).nameServers[0]' "$file" 2>/dev/null ||
    echo unix:/run/patchbay/nameserver/socket
}

# On this machine it has its socket, whatever else it listens on, unless that is plain TCP or the program is an older one.
name_server_address() {
  local listen socket=/run/patchbay/nameserver/socket
  if [ "$(naming_daemon)" = rpcserver ]; then
    setting "$(configuration_of rpcserver)" nameServer "$(joined_name_server)"
    return
  fi
  listen=$(listen_of nameserver)
  if is_plain || [[ $listen == unix:* ]] || [ ! -S "$socket" ]; then
    reached_at "$listen"
  else
    echo "unix:$socket"
  fi
}

# Runs a command of ours as a client of the name server.
calling() {
  local command=$1
  shift
  PATCHBAY_INSECURE=$(if is_plain; then echo 1; else echo 0; fi) \
    "$program/bin/$command" "$@" --name-server "$(name_server_address)"
}

# Whether it takes calls of those who have no identity, as root of this machine has none.
takes_calls() { is_plain || [[ $(name_server_address) == unix:* ]]; }

# By TLS it tells anybody its status, and nothing more.
answers() { calling nameserver ping || { ! takes_calls && "$program/bin/nameserver" status "$(name_server_address)"; }; }

objects() { sed -nE "/^ *#/d; s/^ *- *(\{ *)?name: *['\"]?([^'\", }]+).*/\2/p" "$(configuration_of rpcserver)"; }

# Whether every object of the configuration can be called by its name.
objects_answer() {
  local object
  for object in $(objects); do
    calling rpcclient describe "$object" --timeout 3s || return 1
  done
}

# Waits until all that shall run does its work; says what does not.
await_health() {
  local daemon
  for daemon in $daemons; do
    if ! is_running "$daemon"; then
      complain "patchbay-$daemon does not run"
      return 1
    fi
  done
  if [[ " $daemons " == *' nameserver '* ]]; then
    within_patience answers || {
      complain "the name server does not answer at $(name_server_address)"
      return 1
    }
  elif ! answers >/dev/null 2>&1; then
    complain "no name server answers at $(name_server_address); where it is that of another machine, run: rpcserver join ADDRESS --token -, and restart patchbay-rpcserver"
    return 0
  fi
  if [[ " $daemons " == *' rpcserver '* ]] && takes_calls && ! within_patience objects_answer; then
    complain "not every object of patchbay-rpcserver can be called: $(objects | paste -sd ' ')"
    return 1
  fi
}

# Tells where the daemons say what is wrong, and their last words.
last_words() {
  local daemon
  for daemon in $daemons; do
    if [ "$init" = systemd ]; then
      journalctl --quiet --no-pager --lines 3 --unit "patchbay-$daemon.service" 2>/dev/null
    else
      tail -n 3 "/var/log/patchbay/patchbay-$daemon.log" 2>/dev/null
    fi || true
  done | sed 's/^/  /' >&2
}

tell_how_to_look() {
  local daemon
  for daemon in $daemons; do
    if [ "$init" = systemd ]; then
      say "  systemctl status patchbay-$daemon; journalctl -u patchbay-$daemon"
    else
      say "  /etc/init.d/patchbay-$daemon status; tail /var/log/patchbay/patchbay-$daemon.log"
    fi
  done
  say '  rpcclient ls'
}
