#!/bin/sh
# Ends the tgtds that serve the disks of this host's storage objects, or with --list prints their process ids. They
# outlive the RPC server, so that a restart or an upgrade cuts no node off; this is for the shutdown of the machine, and
# for the removal of Patchbay. What nodes wrote is with the kernel, and tgtd ignores every signal but this.
set -eu

CONFIG=/etc/patchbay/rpcserver.yaml
settings=/etc/default/patchbay-rpcserver
# shellcheck disable=SC1090 # the administrator's
[ ! -r "$settings" ] || . "$settings"
state=$(sed -nE "s/^stateDir: *['\"]?([^'\"# ]+).*/\1/p" "$CONFIG" 2>/dev/null || true)

for folder in /proc/[0-9]*; do
  if [ "$(cat "$folder/comm" 2>/dev/null)" = tgtd ] &&
    tr '\0' '\n' 2>/dev/null <"$folder/environ" | grep -q "^TGT_IPC_SOCKET=${state:-/var/lib/patchbay/rpcserver}/"; then
    if [ "${1:-}" = --list ]; then
      echo "${folder#/proc/}"
    else
      kill -KILL "${folder#/proc/}"
    fi
  fi
done
