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

name_server_address() {
  if [[ " $daemons " == *' nameserver '* ]]; then
    reached_at "$(listen_of nameserver)"
  else
    setting "$(configuration_of rpcserver)" nameServer 127.0.0.1:7440
  fi
}

answers() { "$program/bin/nameserver" ping --name-server "$(name_server_address)"; }

objects() { sed -nE "/^ *#/d; s/^ *- *(\{ *)?name: *['\"]?([^'\", }]+).*/\2/p" "$(configuration_of rpcserver)"; }

# Whether every object of the configuration can be called by its name.
objects_answer() {
  local object
  for object in $(objects); do
    "$program/bin/rpcclient" --timeout 3s --name-server "$(name_server_address)" describe "$object" || return 1
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
    complain "no name server answers at $(name_server_address); name it in /etc/patchbay/rpcserver.yaml and restart patchbay-rpcserver"
    return 0
  fi
  if [[ " $daemons " == *' rpcserver '* ]] && ! within_patience objects_answer; then
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
