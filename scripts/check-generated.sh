#!/usr/bin/env bash
# Checks that what is made from proto/ is what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v protoc >/dev/null; then
  echo 'LEFT OUT: protoc is not installed'
  [ "${CI:-}" != true ]
  exit
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
scripts/generate.sh "$fresh"
if ! diff -r "$fresh" "$(scripts/generate.sh --print-folder)"; then
  echo 'what is made from proto/ differs from what is committed: run "npm run generate"'
  exit 1
fi
