import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { requireAll, type SkippableContext } from '@patchbay/objects/testing';

import { root } from '../repository.js';

/** Debian's own, which has the packages that scripts/setup.sh installs, whatever else is first on the path. */
const interpreter = '/usr/bin/python3';
const protoc = '/usr/bin/protoc';
const grpcPlugin = '/usr/bin/grpc_python_plugin';
const modules = '/usr/lib/python3/dist-packages';
const execute = promisify(execFile);

/** Skips the suite on a machine without Debian's gRPC for Python. */
export function requirePython(context: SkippableContext): void {
  const needed: [path: string, debianPackage: string][] = [
    [interpreter, 'python3'],
    [`${modules}/grpc`, 'python3-grpcio'],
    [`${modules}/google/protobuf`, 'python3-protobuf'],
    [protoc, 'protobuf-compiler'],
    [grpcPlugin, 'protobuf-compiler-grpc'],
    ['/usr/include/google/protobuf/struct.proto', 'libprotobuf-dev'],
  ];
  requireAll(
    context,
    needed
      .filter(([path]) => !existsSync(path))
      .map(([, debianPackage]) => `the Debian package ${debianPackage}`),
  );
}

/** Makes Python's modules of the .proto files in a directory, as the head of patchbay_client.py says. */
export async function generateModules(directory: string): Promise<void> {
  await execute(protoc, [
    '-I',
    join(root, 'proto'),
    `--python_out=${directory}`,
    `--grpc_python_out=${directory}`,
    `--plugin=protoc-gen-grpc_python=${grpcPlugin}`,
    'patchbay/v1/nameserver.proto',
    'patchbay/v1/objects.proto',
    'patchbay/v1/identity.proto',
    'google/rpc/status.proto',
  ]);
}

/** Runs a script of this folder and returns its standard output, also where it exits with 1. */
export async function runPython(
  script: string,
  words: readonly string[],
  path: readonly string[] = [],
): Promise<string> {
  // Nothing else of the environment: a proxy that is set there would be asked for the loopback too.
  const env = { PATH: '/usr/bin:/bin', PYTHONPATH: path.join(':'), PYTHONDONTWRITEBYTECODE: '1' };
  const file = join(root, 'test/interop', script);
  try {
    return (await execute(interpreter, [file, ...words], { env, timeout: 60_000 })).stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string };
    if (code === 1 && stderr === '') {
      return stdout;
    }
    throw new Error(`${script} ${words.join(' ')} failed: ${stderr}`, { cause: error });
  }
}
