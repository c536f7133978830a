#!/usr/bin/env bash
# Installs the built daemons and the client as services of this machine, or removes them.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'USAGE'
usage: install-daemons.sh [--prefix DIR] [--init systemd|sysv] [--uninstall]

  --prefix DIR    where the program goes; default /usr/local. Below /usr, configuration is in /etc, state in
                  /var/lib, logs in /var/log; with any other prefix all of it is below DIR, and no service is enabled
  --init SYSTEM   systemd or sysv; default: what runs on this machine
  --uninstall     removes the program and its services; configuration, state and logs stay

Set DESTDIR to install into the tree of a package instead of this machine.
Build first: npm run build. Existing configuration is never overwritten.
USAGE
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install-daemons.sh: %s\n' "$*" >&2
  exit "${status:-1}"
}

prefix=/usr/local
init=
action=install
while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --init)
      [ $# -ge 2 ] || status=2 fail "$1 needs a value"
      if [ "$1" = --prefix ]; then prefix=$2; else init=$2; fi
      shift 2
      ;;
    --uninstall) action=uninstall && shift ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && status=2 fail "unknown argument: $1" ;;
  esac
done

[[ $prefix =~ ^/[A-Za-z0-9._/+-]*$ ]] || status=2 fail '--prefix must be an absolute path of letters, digits and . _ + -'
prefix=${prefix%/}
if [ -z "$init" ]; then
  if [ -d /run/systemd/system ]; then init=systemd; else init=sysv; fi
fi
case $init in systemd | sysv) ;; *) status=2 fail '--init must be systemd or sysv' ;; esac

case $prefix in
  '' | /usr | /usr/*) etc=/etc var=/var run=/run/patchbay ;;
  *) etc=$prefix/etc var=$prefix/var run=$prefix/var/run/patchbay ;;
esac
library=$prefix/lib/patchbay
root=${DESTDIR:-}
if [ "$etc" = /etc ] && [ -z "$root" ]; then on_this_machine=yes; else on_this_machine=; fi
daemons='nameserver rpcserver'
commands='nameserver rpcserver rpcclient'

# Gives the file of a command.
program_of() {
  case $1 in
    rpcclient) echo packages/rpcclient/dist/bin/rpcclient.cjs ;;
    *) echo "packages/$1/dist/src/bin/$1.js" ;;
  esac
}

# Copies the built packages and what they need at run time beside the old ones, then swaps the two.
install_program() {
  local command needed new=$root$library.new
  for command in $commands; do
    [ -f "$(program_of "$command")" ] || fail "packages/$command is not built: npm run build"
  done
  mapfile -t needed < <(npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$PWD/\(node_modules/.*\)|\1|p")
  [ "${#needed[@]}" -gt 0 ] || fail 'node_modules is missing: npm ci'
  rm -rf "$new"
  mkdir -p "$new"
  tar -cf - LICENSE package.json packages/*/package.json packages/*/dist/src packages/rpcclient/dist/bin "${needed[@]}" | tar -xf - -C "$new"
  mkdir "$new/init.d"
  install -m 644 init.d/functions.sh "$new/init.d/"
  rm -rf "$root$library"
  mv "$new" "$root$library"
  mkdir -p "$root$prefix/bin"
  for command in $commands; do
    chmod 755 "$root$library/$(program_of "$command")"
    ln -sfn "../lib/patchbay/$(program_of "$command")" "$root$prefix/bin/$command"
  done
}

# Writes a file with the places of this installation in it. They are marked first, and then replaced, because one
# place may contain another.
install_with_places() {
  local mode=$1 from=$2 to=$root$3
  mkdir -p "$(dirname "$to")"
  sed -e 's|/usr/local/lib/patchbay|@library@|g' -e 's|/usr/bin/node|@node@|g' -e 's|/etc/|@etc@/|g' \
    -e 's|/var/|@var@/|g' -e 's|^run=.*|run=@run@|' "$from" |
    sed -e "s|@library@|$library|g" -e "s|@node@|$node|g" -e "s|@etc@|$etc|g" -e "s|@var@|$var|g" \
      -e "s|@run@|$run|g" >"$to.new"
  chmod "$mode" "$to.new"
  mv "$to.new" "$to"
}

install_configuration() {
  if [ -e "$root$3" ]; then
    say "kept $root$3"
  else
    install_with_places "$@"
  fi
}

install_services() {
  local daemon
  for daemon in $daemons; do
    install_configuration 644 "init.d/patchbay-$daemon.default" "$etc/default/patchbay-$daemon"
    if [ "$init" = systemd ]; then
      install_with_places 644 "systemd/patchbay-$daemon.service" "$etc/systemd/system/patchbay-$daemon.service"
    else
      install_with_places 755 "init.d/patchbay-$daemon" "$etc/init.d/patchbay-$daemon"
    fi
  done
  install_configuration 640 init.d/rpcserver.yaml "$etc/patchbay/rpcserver.yaml"
  install_configuration 644 init.d/logrotate "$etc/logrotate.d/patchbay"
  mkdir -p "$root$var/lib/patchbay/nameserver" "$root$var/lib/patchbay/rpcserver" "$root$var/lib/patchbay/pool" \
    "$root$var/log/patchbay"
  # The catalog holds the nodes' CHAP secrets, and the pool their disks.
  chmod 700 "$root$var/lib/patchbay/nameserver" "$root$var/lib/patchbay/rpcserver" "$root$var/lib/patchbay/pool"
}

enable_services() {
  local daemon
  for daemon in $daemons; do
    if [ "$init" = systemd ]; then
      systemctl enable --quiet "patchbay-$daemon.service"
    else
      update-rc.d "patchbay-$daemon" defaults
    fi
  done
  say 'enabled at boot. Look at the settings in /etc/default/patchbay-* and /etc/patchbay, then start them now:'
  for daemon in $daemons; do
    say "  service patchbay-$daemon start"
  done
}

stop_services() {
  local daemon
  for daemon in rpcserver nameserver; do
    if [ "$init" = systemd ]; then
      systemctl disable --quiet --now "patchbay-$daemon.service" 2>/dev/null || true
    else
      [ ! -x "$etc/init.d/patchbay-$daemon" ] || "$etc/init.d/patchbay-$daemon" stop
    fi
  done
}

remove_files() {
  local daemon command link
  for daemon in $daemons; do
    rm -f "$root$etc/systemd/system/patchbay-$daemon.service" "$root$etc/init.d/patchbay-$daemon"
    if [ -n "$on_this_machine" ] && [ "$init" = sysv ]; then
      update-rc.d "patchbay-$daemon" remove
    fi
  done
  for command in $commands; do
    link=$root$prefix/bin/$command
    case $(readlink "$link" || true) in ../lib/patchbay/*) rm -f "$link" ;; esac
  done
  rm -rf "$root$library"
}

if [ -n "$on_this_machine" ] && [ "$(id -u)" -ne 0 ]; then
  status=4 fail "root is needed to change $prefix and /etc; or give another --prefix"
fi
if [ "$action" = uninstall ]; then
  [ -n "$root" ] || stop_services
  remove_files
  say "removed $root$library. These stay: $etc/patchbay, $etc/default/patchbay-*, $var/lib/patchbay, $var/log/patchbay"
else
  node=$(node -p process.execPath)
  install_program
  install_services
  say "installed in $root$library"
  [ -z "$on_this_machine" ] || enable_services
fi
