/** A part of the house: the folder that it is, and what it may import beside itself and Node's own modules. */
export interface Layer {
  readonly name: string;
  /** Relative to the root of the repository; a folder within another's is a layer of its own. */
  readonly folder: string;
  /** Names of layers, and npm packages; `@grpc/*` is every package of a scope. */
  readonly mayImport: readonly string[];
}

/**
 * The import table of DESIGN and ARCHITECTURE.md. Beyond its rows: whoever defines an object or a configuration does
 * so with zod, a bin may also import core itself, and the servers' health and reflection are grpc's own packages.
 */
export const layers: readonly Layer[] = [
  { name: 'core', folder: 'packages/core/src', mayImport: ['zod'] },
  {
    name: 'core/wire',
    folder: 'packages/core/src/wire',
    mayImport: ['core', '@grpc/*', 'grpc-health-check', 'zod'],
  },
  {
    name: 'core/daemon',
    folder: 'packages/core/src/daemon',
    mayImport: ['core', 'yargs', 'winston', 'yaml', 'zod', 'node-unix-socket'],
  },
  { name: 'core/yaml', folder: 'packages/core/src/yaml', mayImport: ['core', 'yaml'] },
  { name: 'core/testing', folder: 'packages/core/src/testing', mayImport: ['core'] },
  { name: 'store', folder: 'packages/store/src', mayImport: ['core', 'better-sqlite3'] },
  {
    name: 'nameserver',
    folder: 'packages/nameserver/src',
    mayImport: ['core', 'core/wire', 'store', 'node-cron', 're2js', 'zod'],
  },
  {
    name: 'nameserver/bin',
    folder: 'packages/nameserver/src/bin',
    mayImport: ['nameserver', 'core', 'core/daemon', 'zod'],
  },
  {
    name: 'nameserver/testing',
    folder: 'packages/nameserver/src/testing',
    mayImport: ['nameserver', 'core', 'core/wire', 'core/testing', 'store'],
  },
  { name: 'rpcserver', folder: 'packages/rpcserver/src', mayImport: ['core', 'core/wire', 'zod'] },
  {
    name: 'rpcserver/bin',
    folder: 'packages/rpcserver/src/bin',
    mayImport: ['rpcserver', 'core', 'core/daemon', 'zod'],
  },
  {
    name: 'rpcclient',
    folder: 'packages/rpcclient/src',
    mayImport: ['core', 'core/wire', 'core/yaml'],
  },
  {
    name: 'rpcclient/bin',
    folder: 'packages/rpcclient/src/bin',
    mayImport: ['rpcclient', 'core', 'core/daemon'],
  },
  {
    name: 'storage',
    folder: 'packages/storage/src',
    mayImport: ['core', 'store', 'storage/boot', 'storage/metrics', 'zod', 'node-cron', 'execa'],
  },
  {
    name: 'storage/boot',
    folder: 'packages/storage/src/boot',
    mayImport: ['storage', 'core', 'fastify', 'zod'],
  },
  {
    name: 'storage/metrics',
    folder: 'packages/storage/src/metrics',
    mayImport: ['storage', 'core', 'prom-client'],
  },
  {
    name: 'storage/bin',
    folder: 'packages/storage/src/bin',
    mayImport: ['storage', 'core', 'core/daemon', 'zod'],
  },
];

/** Finds the innermost layer that a file or folder, relative to the root, is in. */
export function layerOf(path: string): Layer | undefined {
  return layers
    .filter(({ folder }) => path === folder || path.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}
