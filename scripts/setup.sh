#!/usr/bin/env bash
# Makes a checkout ready to run and test: system packages, npm packages, build. Does only what is not done yet.
# As root on Debian it installs what is missing; elsewhere it says what is missing and goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }
can_install() { [ "$(id -u)" -eq 0 ] && have apt-get; }

require_node() {
  local found
  found=$(node --version 2>/dev/null || true)
  if [ -z "$found" ] || ! node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'; then
    say "Node.js 20.19 or later is needed; found ${found:-none}. Install it from https://nodejs.org and start again."
    exit 1
  fi
}

# Where Debian's own Python, which need not be the first on the path, has its modules.
debian_python=/usr/lib/python3/dist-packages

# Prints the Debian packages whose programs are not here, one a line.
missing_packages() {
  have tgtd && have tgtadm || echo tgt
  have qemu-img && have qemu-io || echo qemu-utils
  compgen -G '/usr/lib/*/qemu/block-iscsi.so' >/dev/null || echo qemu-block-extra
  have qemu-system-x86_64 || echo qemu-system-x86
  [ -e /usr/lib/ipxe/qemu/pxe-virtio.rom ] || echo ipxe-qemu
  have iscsi-ls && have iscsi-inq || echo libiscsi-bin
  have mkfs.xfs || echo xfsprogs
  have mkfs.btrfs || echo btrfs-progs
  have mkfs.ext4 || echo e2fsprogs
  have xz || echo xz-utils
  have zstd || echo zstd
  have bzip2 || echo bzip2
  have zsh || echo zsh
  have faketime || echo faketime
  have mount && have losetup || echo mount
  have nginx || echo nginx-light
  have protoc || echo protobuf-compiler
  have grpc_python_plugin || echo protobuf-compiler-grpc
  [ -e /usr/include/google/protobuf/struct.proto ] || echo libprotobuf-dev
  [ -e "$debian_python/google/protobuf" ] || echo python3-protobuf
  [ -e "$debian_python/grpc" ] || echo python3-grpcio
  if [ "${CI:-}" = true ]; then
    have shellcheck || echo shellcheck
    have start-stop-daemon || echo dpkg
    have systemd-analyze || echo systemd
    have update-rc.d || echo init-system-helpers
    have ip || echo iproute2
    have pgrep || echo procps
  fi
}

missing_build_tools() {
  have python3 || echo python3
  have make || echo make
  have g++ || echo g++
}

# Runs apt-get, again for up to two minutes while another process holds its locks.
apt() {
  local output attempt
  for attempt in $(seq 24); do
    if output=$(DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null 2>&1); then
      return 0
    fi
    if ! grep -qE 'Could not get lock|Unable to (acquire|lock)' <<<"$output"; then
      break
    fi
    [ "$attempt" -gt 1 ] || say 'another process is installing packages; waiting for it'
    sleep 5
  done
  say "apt-get $1 failed:"
  printf '%s\n' "$output" >&2
  return 1
}

# Debian starts the daemons of tgt and nginx when it installs them, open to every network. Patchbay and its tests run
# private ones, so those services are kept from starting now (by policy-rc.d, put back afterwards) and at the next boot.
policy=/usr/sbin/policy-rc.d
saved_policy=$policy.before-patchbay

hold_back_services() {
  restore_policy
  if [ -e "$policy" ]; then
    mv "$policy" "$saved_policy"
  fi
  cat >"$policy" <<POLICY
#!/bin/sh
# Made by Patchbay's setup while it installs packages; removed when it is done.
case "\$1" in tgt | nginx) exit 101 ;; esac
[ ! -x $saved_policy ] || exec $saved_policy "\$@"
exit 0
POLICY
  chmod 755 "$policy"
}

restore_policy() {
  if grep -qs "Made by Patchbay's setup" "$policy"; then
    rm -f "$policy"
  fi
  if [ -e "$saved_policy" ]; then
    mv "$saved_policy" "$policy"
  fi
}

disable_service() {
  if have systemctl && systemctl disable "$1.service" >/dev/null 2>&1; then
    return
  fi
  if [ -e "/etc/init.d/$1" ]; then
    update-rc.d "$1" disable >/dev/null
  fi
}

install_packages() {
  say "installing Debian packages: $*"
  apt update || say 'the package lists are not up to date; trying with those that are here'
  trap restore_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  hold_back_services
  apt install --yes --no-install-recommends "$@"
  case " $* " in *' tgt '*) disable_service tgt ;; esac
  case " $* " in *' nginx-light '*) disable_service nginx ;; esac
  restore_policy
  trap - EXIT INT TERM
}

system_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    return
  fi
  if can_install; then
    install_packages "${missing[@]}"
  else
    say "missing, for real iSCSI disks and for tests: ${missing[*]}"
    say "on Debian, root installs them with: apt-get install ${missing[*]}"
  fi
}

module_loads() { node -e 'new (require("better-sqlite3"))(":memory:").close()' 2>/dev/null; }

install_build_tools() {
  local tools
  mapfile -t tools < <(missing_build_tools)
  if [ "${#tools[@]}" -eq 0 ]; then
    return
  fi
  if ! can_install; then
    say "better-sqlite3 must be compiled here, which needs: ${tools[*]}"
    return 1
  fi
  install_packages "${tools[@]}"
}

npm_packages() {
  if ! node scripts/installed.js; then
    say 'installing npm packages'
    # It fails where better-sqlite3 has no binary for this machine and no compiler is here: once more with one.
    if ! npm ci --no-audit --no-fund --loglevel=error && [ -n "$(missing_build_tools)" ]; then
      install_build_tools
      npm ci --no-audit --no-fund --loglevel=error
    fi
    node scripts/installed.js
  fi
  if ! module_loads; then
    say 'building better-sqlite3 for this version of Node.js'
    install_build_tools
    npm rebuild better-sqlite3 --loglevel=error
    module_loads
  fi
}

require_node
system_packages
npm_packages
npm run --silent build
