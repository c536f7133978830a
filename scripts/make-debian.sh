#!/usr/bin/env bash
# Makes a Debian package of build/program: scripts/make-debian.sh DIRECTORY. The same sources give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

out=${1:?name the directory where the package goes}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH

# The layout gives files to root; for the package it is enough to believe so.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else fakeroot "$@"; fi
}

# Lays the package's tree out as install-daemons.sh does, for either init.
lay_out() {
  local init doc=$tree/usr/share/doc/patchbay
  for init in systemd sysv; do
    as_root ./install-daemons.sh --prefix "$tree" --init "$init" >/dev/null
  done
  # What was compiled ahead for this machine's Node.js, another one does not take.
  rm -f "$tree"/usr/lib/patchbay/lib/rpcclient/*.cache
  mkdir -p "$doc"
  cat LICENSE - >"$doc/copyright" <<'TEXT'

The licences of the packages that the program holds are in /usr/lib/patchbay/THIRD-PARTY-LICENSES.
TEXT
  gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
}

# better-sqlite3 was compiled for one major version of Node.js, and takes no other.
node_dependency() {
  # shellcheck disable=SC2016 # JavaScript's
  node -p 'const [major] = process.versions.node.split("."); const least = major === "20" ? "20.19" : major;
    `nodejs (>= ${least}), nodejs (<< ${Number(major) + 1})`'
}

# Prints the libraries that the native modules need, in the least versions that have its symbols, as Debian lists them.
library_dependencies() {
  local library symbol symbols needed
  symbols=$(grep -rhaoE --include '*.node' '\b(GLIBC|GLIBCXX|CXXABI|GCC)_[0-9.]+\b' build/program | sort -u)
  for library in libc6 libstdc++6 libgcc-s1; do
    needed=$(for symbol in $symbols; do
      sed -n "s/^ ${symbol//./\\.}@${symbol//./\\.} \([^ ]*\).*/\1/p" /var/lib/dpkg/info/"$library":*.symbols
    done | sort -V | tail -n 1)
    [ -z "$needed" ] || printf '%s\n' "$library (>= $needed)"
  done | paste -sd , | sed 's/,/, /g'
}

# Prints the size of the files below a directory in KiB.
size_of() { find "$1" -type f -printf '%s\n' | awk '{ bytes += $1 } END { print int(bytes / 1024) + 1 }'; }

# Fills a template of packaging/debian in.
render() {
  sed -e "s/@VERSION@/$release/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@NODE@/$(node_dependency)/" \
    -e "s/@LIBRARIES@/$(library_dependencies)/" -e "s/@INSTALLED_SIZE@/$(size_of "$tree")/" \
    -e "s/@UNITS@/$units/" "packaging/debian/$1"
}

# Fills the template of a control file in.
install_control() {
  render "$2" >"$tree/DEBIAN/$2"
  chmod "$1" "$tree/DEBIAN/$2"
}

fail() {
  echo "make-debian.sh: $*" >&2
  exit 1
}

command -v dpkg-deb >/dev/null || fail 'dpkg-deb is missing; a Debian package can be made on Debian alone'
[ "$(id -u)" -eq 0 ] || command -v fakeroot >/dev/null || fail 'root is needed, or fakeroot: apt-get install fakeroot'
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
lay_out
release=$(node -p 'require("./package.json").version')
architecture=$(dpkg --print-architecture)
units=$(cd "$tree/usr/lib/systemd/system" && grep -l '^\[Install\]' -- * | grep -vx patchbay-host.service | paste -sd ' ')
mkdir "$tree/DEBIAN"
(cd "$tree" && find etc -type f | LC_ALL=C sort | sed 's|^|/|') >"$tree/DEBIAN/conffiles"
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
install_control 644 control
for script in preinst postinst prerm postrm; do
  install_control 755 "$script"
done
chmod 755 "$tree"
find "$tree" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/patchbay_${release}_$architecture.deb" >/dev/null
