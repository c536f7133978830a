#!/usr/bin/env bash
# Installs, upgrades or removes Patchbay's daemons as services of this machine, or puts them into a tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'USAGE'
usage: install-daemons.sh [--role nameserver|rpcserver|both] [--prefix DIR] [--init auto|systemd|sysv] [--user NAME]
                          [--dry-run]
       install-daemons.sh --uninstall [--purge [--force]] [--prefix DIR] [--init auto|systemd|sysv] [--dry-run]

Installs the program that "npm run program" has made in build/program, starts it, and waits until it is healthy. Run
again it changes nothing; with another version it upgrades: the daemons finish their calls and stop, the program is
swapped, they start again. When they are not healthy then, all is put back as it was, the old program started, and the
exit status is 1. The nodes' disks are served all the while.

  --role ROLE     what this host runs; default: what it runs already, else both. With the RPC server comes the agent
                  that makes the host's jobs, patchbay-host, which is neither enabled nor started
  --prefix DIR    put everything below DIR, as for an image of a host; no user is made, nothing is started. Default: /
  --init SYSTEM   default, auto: systemd where it runs, or where the tree has it, else sysv
  --user NAME     whom the name server runs as; default: patchbay. It is made when it is not there. The RPC server runs
                  as root, because tgtd needs that
  --dry-run       say what would be done, and change nothing
  --uninstall     stop the daemons, end the tgtd that serves the nodes' disks, and remove the program and its services.
                  Configuration, state, disks and logs stay
  --purge         remove these too, and the user; refused while nodes are provisioned or disks can still be taken back
  --force         purge all the same

  /usr/lib/patchbay      the program           /etc/patchbay          its configuration
  /usr/share/patchbay    what comes with it    /etc/default/patchbay-* settings of the services
  /usr/bin               the commands          /var/lib/patchbay      state and, unless configured, the pool
  /var/log/patchbay      logs under sysv; under systemd they are in the journal

A file of configuration that was edited is never overwritten: what comes instead is put beside it as FILE.new.
Exit status: 0 done; 1 failed, and put back; 2 wrong words; 4 root is needed; 5 something is missing, and nothing was
changed; 6 nodes are provisioned or disks can still be taken back, and nothing was purged.
USAGE
}

say() { printf '%s\n' "$*"; }
complain() { printf 'install-daemons.sh: %s\n' "$*" >&2; }
fail() {
  local status=$1
  shift
  complain "$@"
  exit "$status"
}

# shellcheck disable=SC2034 # the parts below read all of these
role='' prefix=/ init=auto user='' dry_run='' action=install purge='' force=''
# shellcheck disable=SC2034
while [ $# -gt 0 ]; do
  case $1 in
    --role | --prefix | --init | --user)
      [ $# -ge 2 ] || fail 2 "$1 needs a value"
      declare "${1#--}=$2"
      shift
      ;;
    --dry-run) dry_run=yes ;;
    --uninstall) action=remove ;;
    --purge) purge=yes ;;
    --force) force=yes ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && fail 2 "unknown word: $1" ;;
  esac
  shift
done
case $role in '' | nameserver | rpcserver | both) ;; *) fail 2 '--role must be nameserver, rpcserver or both' ;; esac
case $init in auto | systemd | sysv) ;; *) fail 2 '--init must be auto, systemd or sysv' ;; esac
[[ $prefix =~ ^/[A-Za-z0-9._/+-]*$ ]] || fail 2 '--prefix must be an absolute path of letters, digits and . _ + -'
[[ $user =~ ^([a-z_][a-z0-9_-]{0,30})?$ ]] || fail 2 '--user must be the name of a user: a-z, 0-9, _ and -'
if [ "$action" = install ] && [ -n "$purge$force" ]; then fail 2 '--purge and --force go with --uninstall'; fi
if [ -n "$force" ] && [ -z "$purge" ]; then fail 2 '--force goes with --purge'; fi

# shellcheck disable=SC2034 # the parts below read all of these
{
  # What all paths begin with; empty for this machine itself.
  tree=${prefix%/}
  program=$tree/usr/lib/patchbay
  shared=$tree/usr/share/patchbay
  units=$tree/usr/lib/systemd/system
  commands='nameserver rpcserver rpcclient patchbay-host patchbay-storage'
}

if [ "$init" = auto ]; then
  init=sysv
  if [ -z "$tree" ] && [ -d /run/systemd/system ]; then init=systemd; fi
  if [ -n "$tree" ] && [ -x "$tree/usr/lib/systemd/systemd" ]; then init=systemd; fi
fi

for part in places files services health checks upgrade remove; do
  # shellcheck source=/dev/null # each is checked by itself
  . "installer/$part.sh"
done
if [ -z "$tree" ] && [ "$(id -u)" -ne 0 ]; then fail 4 'root is needed; or give --prefix DIR to put it into a tree'; fi
# One at a time; the directory is locked, as a file for it would be left.
if [ -z "$tree" ]; then
  exec 8</usr/lib
  flock -n 8 || fail 1 'another install-daemons.sh is at work'
fi
"${action}_all"
