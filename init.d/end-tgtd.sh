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

# Waits until a process that was killed has let go of its files, so that what they are on can be unmounted.
await_end() {
  for _ in $(seq 100); do
    # Its threads share them; when all are zombies, or gone, the files are closed.
    if ! grep -hs '^State:' "$1"/task/*/status | grep -qv '[[:space:]][ZX]'; then
      return
    fi
    sleep 0.1
  done
}

for folder in /proc/[0-9]*; do
  if [ "$(cat "$folder/comm" 2>/dev/null)" = tgtd ] &&
    tr '\0' '\n' 2>/dev/null <"$folder/environ" | grep -q "^TGT_IPC_SOCKET=${state:-/var/lib/patchbay/rpcserver}/"; then
    if [ "${1:-}" = --list ]; then
      echo "${folder#/proc/}"
    else
      kill -KILL "${folder#/proc/}"
      ended="${ended:-} $folder"
    fi
  fi
done
for folder in ${ended:-}; do
  await_end "$folder"
done
