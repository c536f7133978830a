#!/usr/bin/env bash
# Checks the built checkout: format, lint, freshness of what is generated, unused code, shell scripts; then every
# test, folder by folder. Goes through all of them, and exits non-zero when any failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
PATH=$PWD/node_modules/.bin:$PATH

say() { printf '\n== %s\n' "$*"; }

generated_is_fresh() {
  local fresh status=0
  if ! command -v protoc >/dev/null; then
    echo 'LEFT OUT: protoc is not installed'
    [ "${CI:-}" != true ]
    return
  fi
  fresh=$(mktemp -d)
  scripts/generate.sh "$fresh" && diff -r "$fresh" packages/grpc/src/generated || status=1
  rm -rf "$fresh"
  [ "$status" -eq 0 ] || echo 'what is made from proto/ differs from what is committed: run "npm run generate"'
  return "$status"
}

shell_scripts() {
  grep -rlE '^(#! ?/(usr/)?bin/(env )?(ba|da)?sh|# shellcheck shell=)' . \
    --exclude-dir=node_modules --exclude-dir=dist --exclude-dir=.git --exclude-dir=build --exclude-dir=coverage --include='*.sh' \
    --include='patchbay-*' --include=run --include=postinst --include=prerm --include=postrm
}

shell_is_sound() {
  if ! command -v shellcheck >/dev/null; then
    echo 'LEFT OUT: shellcheck is not installed'
    [ "${CI:-}" != true ]
    return
  fi
  shell_scripts | xargs -d '\n' shellcheck --external-sources
}

failed=()

say format
prettier --check --log-level warn . || failed+=(format)
say lint
eslint . || failed+=(lint)
say generated
generated_is_fresh || failed+=(generated)
say unused
knip --no-progress || failed+=(unused)
say shell
shell_is_sound || failed+=(shell)

say tests
strict=()
if [ "${CI:-}" = true ]; then
  strict=(--forbid-only --forbid-pending)
fi
# A line of it for each run, which the reporter writes; the conclusion counts all of them.
tally=$(mktemp)
trap 'rm -f "$tally"' EXIT
status=0
# A process for each folder: one that has grown to half a GiB takes 40 ms to start a program, and many tests start some.
mapfile -t folders < <(find packages/*/dist/test test/dist -name '*.test.js' -printf '%h\n' | sort -u)
for folder in "${folders[@]}"; do
  runs=$(wc -l <"$tally")
  PATCHBAY_TALLY=$tally mocha --reporter test/dist/reporter.js "${strict[@]}" "$folder/*.test.js" || status=1
  [ "$(wc -l <"$tally")" -gt "$runs" ] || failed+=("tests in $folder")
done
node test/dist/conclude.js "$tally" "${failed[@]}"
[ "${#failed[@]}" -eq 0 ] || status=1
exit "$status"
