# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# What is installed where, and what the configuration there says.

# Gives the value of a key of a YAML file of ours, as it is written in a line or in braces; else the default.
setting() {
  local file=$1 key=$2 default=$3 found=''
  if [ -r "$file" ]; then
    # Of a list of addresses, the first counts.
    found=$(sed -nE "/^[[:space:]]*#/d; s/^(.*[ {,])?$key:[[:space:]]*\\[?[[:space:]]*(\"([^\"]*)\"|'([^']*)'|([^],}#\"' ]+)).*/\3\4\5/p
      /^[[:space:]]*$key:[[:space:]]*(#.*)?\$/{n; s/^[[:space:]]*-[[:space:]]+[\"']?([^\"'# ]+).*/\1/p}" "$file" | head -n 1)
  fi
  printf '%s\n' "${found:-$default}"
}

# Gives the configuration that counts for a daemon: what is installed, else what would be.
configuration_of() {
  local installed=$tree/etc/patchbay/$1.yaml
  if [ -e "$installed" ]; then echo "$installed"; else echo "init.d/$1.yaml"; fi
}

listen_of() {
  local port=7440
  [ "$1" = nameserver ] || port=7441
  setting "$(configuration_of "$1")" listen "127.0.0.1:$port"
}

state_of() { setting "$(configuration_of "$1")" stateDir "/var/lib/patchbay/$1"; }
pool() { setting "$(configuration_of rpcserver)" pool /var/lib/patchbay/pool; }
portal() { setting "$(configuration_of rpcserver)" portal 127.0.0.1:3260; }

# Gives the file by which init knows a daemon.
service_file() {
  if [ "$init" = systemd ]; then echo "$units/patchbay-$1.service"; else echo "$tree/etc/init.d/patchbay-$1"; fi
}

installed_daemons() {
  local daemon
  for daemon in nameserver rpcserver; do
    [ ! -e "$(service_file "$daemon")" ] || echo "$daemon"
  done
}

# Gives what is installed with the daemons, and runs only where an administrator has it run.
companions() { if [[ " $daemons " == *' rpcserver '* ]]; then echo host; fi; }

# Gives the command that a daemon is.
command_of() { if [ "$1" = host ]; then echo patchbay-host; else echo "$1"; fi; }

# Gives the version of a program's tree, or nothing.
version_of() {
  if [ -r "$1/package.json" ]; then
    sed -nE 's/^ *"version": "([^"]+)".*/\1/p' "$1/package.json"
  fi
}

# Whether the first version is newer than the second.
is_newer() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }
