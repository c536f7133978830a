#!/usr/bin/env bash
# Checks all shell scripts with shellcheck.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
  echo 'LEFT OUT: shellcheck is not installed'
  [ "${CI:-}" != true ]
  exit
fi
grep -rlE '^(#! ?/(usr/)?bin/(env )?(ba|da)?sh|# shellcheck shell=)' . \
  --exclude-dir=node_modules --exclude-dir=dist --exclude-dir=.git --exclude-dir=build --exclude-dir=coverage \
  --include='*.sh' --include='patchbay-*' --include=run --include=preinst --include=postinst --include=prerm --include=postrm |
  xargs -d '\n' shellcheck --external-sources
