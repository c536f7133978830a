#!/usr/bin/env bash
# Writes what is made from proto/: the TypeScript types of the messages, and the definitions as a module, so that
# no .proto file need be found or parsed when a program starts; and what server reflection tells, from protoc itself,
# as proto-loader's own descriptors lack the imports without which other languages' clients cannot read them. With a
# directory as argument it writes there; with --print-folder it says where it would write.
set -euo pipefail
cd "$(dirname "$0")/.."
committed=packages/grpc/src/generated
if [ "${1:-}" = --print-folder ]; then
  echo "$committed"
  exit
fi
out=${1:-$committed}
rm -rf "$out"
mkdir -p "$out"
npx --no-install proto-loader-gen-types --oneofs --includeComments --defaults --longs=Number --enums=String \
  --inputTemplate='%sInput' --outputTemplate='%s' --importFileExtension=.js --grpcLib=@grpc/grpc-js \
  --includeDirs proto -O "$out" patchbay/v1/objects.proto patchbay/v1/nameserver.proto patchbay/v1/identity.proto google/rpc/status.proto \
  >/dev/null
node scripts/bundle-proto.js "$out/definitions.ts"
descriptors=$(mktemp)
trap 'rm -f "$descriptors"' EXIT
protoc --include_imports --descriptor_set_out="$descriptors" -I proto -I node_modules/grpc-health-check/proto \
  -I node_modules/@grpc/reflection/build/proto patchbay/v1/objects.proto patchbay/v1/nameserver.proto patchbay/v1/identity.proto \
  google/rpc/status.proto health/v1/health.proto grpc/reflection/v1/reflection.proto \
  grpc/reflection/v1alpha/reflection.proto
node scripts/bundle-descriptors.js "$descriptors" "$out/descriptors.ts"
