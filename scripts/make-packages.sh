#!/usr/bin/env bash
# Makes what others install, from build/program and the built packages: scripts/make-packages.sh [DIRECTORY], or
# build/packages. It gets an npm package of each workspace, to be installed together, and a Debian package.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

out=${1:-build/packages}
rm -rf "$out"
mkdir -p "$out"
npm pack --workspaces --silent --pack-destination "$out" >/dev/null
scripts/make-debian.sh "$out"
for file in "$out"/*; do
  printf '%s  %7d KiB  %s\n' "$(sha256sum <"$file" | cut -c -64)" $(($(stat -c %s "$file") / 1024)) "$file"
done
