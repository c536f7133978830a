/** A part of the house: the folder that it is, and what it may import beside itself and Node's own modules. */
export interface Layer {
  readonly name: string;
  /** Relative to the root of the repository; a folder within another's is a layer of its own. */
  readonly folder: string;
  /** Names of layers, and npm packages; `@grpc/*` is every package of a scope. */
  readonly mayImport: readonly string[];
}

/** The import table of ARCHITECTURE.md. Whoever defines an object or a configuration does so with zod. */
export const layers: readonly Layer[] = [
  { name: 'objects', folder: 'packages/objects/src', mayImport: ['zod'] },
  { name: 'objects/testing', folder: 'packages/objects/src/testing', mayImport: ['objects'] },
  { name: 'session', folder: 'packages/session/src', mayImport: ['objects'] },
  { name: 'session/client', folder: 'packages/session/src/client', mayImport: ['objects', 'session'] },
  { name: 'session/server', folder: 'packages/session/src/server', mayImport: ['objects', 'session'] },
  {
    name: 'session/memory',
    folder: 'packages/session/src/memory',
    mayImport: ['objects', 'session', 'session/client', 'session/server'],
  },
  {
    name: 'session/testing',
    folder: 'packages/session/src/testing',
    mayImport: ['objects', 'objects/testing', 'session', 'fast-check', 'zod'],
  },
  {
    name: 'grpc',
    folder: 'packages/grpc/src',
    mayImport: ['objects', 'session', '@grpc/grpc-js', '@grpc/proto-loader'],
  },
  {
    name: 'grpc/client',
    folder: 'packages/grpc/src/client',
    mayImport: ['objects', 'session', 'session/client', 'grpc'],
  },
  {
    name: 'grpc/secure',
    folder: 'packages/grpc/src/secure',
    mayImport: ['objects', 'session/client', 'grpc/client'],
  },
  {
    name: 'grpc/server',
    folder: 'packages/grpc/src/server',
    mayImport: [
      'objects',
      'session',
      'session/server',
      'grpc',
      'grpc/secure',
      '@grpc/grpc-js',
      '@grpc/proto-loader',
    ],
  },
  {
    name: 'grpc/testing',
    folder: 'packages/grpc/src/testing',
    mayImport: ['@grpc/grpc-js', '@grpc/proto-loader'],
  },
  { name: 'terminal', folder: 'packages/terminal/src', mayImport: ['objects'] },
  {
    name: 'daemon',
    folder: 'packages/daemon/src',
    mayImport: ['objects', 'terminal', 'yargs', 'winston', 'yaml', 'zod'],
  },
  { name: 'store', folder: 'packages/store/src', mayImport: ['objects', 'better-sqlite3'] },
  { name: 'calls', folder: 'packages/calls/src', mayImport: ['objects', 'store', 'zod'] },
  {
    name: 'authority',
    folder: 'packages/authority/src',
    mayImport: ['objects', 'store', '@peculiar/x509', 'reflect-metadata', 'zod'],
  },
  {
    name: 'nameserver',
    folder: 'packages/nameserver/src',
    mayImport: [
      'objects',
      'session/client',
      'grpc',
      'grpc/client',
      'grpc/secure',
      'grpc/server',
      'store',
      'authority',
      're2js',
      'zod',
    ],
  },
  {
    name: 'nameserver/bin',
    folder: 'packages/nameserver/src/bin',
    mayImport: ['nameserver', 'objects', 'calls', 'daemon', 'terminal', 'node-unix-socket', 'zod'],
  },
  {
    name: 'nameserver/testing',
    folder: 'packages/nameserver/src/testing',
    mayImport: ['nameserver', 'objects', 'objects/testing', 'grpc/server', 'store'],
  },
  {
    name: 'rpcserver',
    folder: 'packages/rpcserver/src',
    mayImport: [
      'objects',
      'session/client',
      'session/server',
      'grpc/client',
      'grpc/secure',
      'grpc/server',
      'zod',
    ],
  },
  {
    name: 'rpcserver/bin',
    folder: 'packages/rpcserver/src/bin',
    mayImport: ['rpcserver', 'objects', 'calls', 'daemon', 'terminal', 'node-unix-socket', 'zod'],
  },
  {
    name: 'rpcclient',
    folder: 'packages/rpcclient/src',
    mayImport: ['objects', 'session/client', 'grpc/client', 'grpc/secure'],
  },
  { name: 'rpcclient/testing', folder: 'packages/rpcclient/src/testing', mayImport: ['session/memory'] },
  {
    name: 'rpcclient/command',
    folder: 'packages/rpcclient/src/command',
    mayImport: ['rpcclient', 'objects', 'session/client', 'terminal'],
  },
  {
    name: 'rpcclient/completion',
    folder: 'packages/rpcclient/src/completion',
    mayImport: ['rpcclient', 'rpcclient/command', 'objects', 'terminal'],
  },
  {
    name: 'rpcclient/repl',
    folder: 'packages/rpcclient/src/repl',
    mayImport: ['rpcclient/command', 'rpcclient/completion', 'objects', 'terminal'],
  },
  {
    name: 'rpcclient/verbs',
    folder: 'packages/rpcclient/src/verbs',
    mayImport: [
      'rpcclient',
      'rpcclient/command',
      'rpcclient/completion',
      'rpcclient/repl',
      'objects',
      'terminal',
    ],
  },
  {
    name: 'rpcclient/bin',
    folder: 'packages/rpcclient/src/bin',
    mayImport: ['rpcclient', 'rpcclient/command', 'rpcclient/verbs', 'objects', 'daemon', 'terminal'],
  },
  {
    name: 'jobs',
    folder: 'packages/jobs/src',
    mayImport: ['objects', 'store', 'rpcclient', 'zod'],
  },
  {
    name: 'jobs/host',
    folder: 'packages/jobs/src/host',
    mayImport: [
      'jobs',
      'objects',
      'session/client',
      'grpc/client',
      'grpc/secure',
      'store',
      'rpcclient',
      'zod',
    ],
  },
  {
    name: 'jobs/bin',
    folder: 'packages/jobs/src/bin',
    mayImport: ['jobs', 'jobs/host', 'objects', 'rpcclient', 'daemon', 'terminal', 'node-unix-socket', 'zod'],
  },
  {
    name: 'storage',
    folder: 'packages/storage/src',
    mayImport: [
      'objects',
      'store',
      'storage/boot',
      'storage/metrics',
      'storage/schedule',
      'zod',
      'node-cron',
      'execa',
    ],
  },
  {
    name: 'storage/boot',
    folder: 'packages/storage/src/boot',
    mayImport: ['storage', 'objects', 'fastify', 'zod'],
  },
  {
    name: 'storage/metrics',
    folder: 'packages/storage/src/metrics',
    mayImport: ['storage', 'objects', 'prom-client'],
  },
  {
    name: 'storage/schedule',
    folder: 'packages/storage/src/schedule',
    mayImport: ['storage', 'objects', 'croner'],
  },
  {
    name: 'storage/bin',
    folder: 'packages/storage/src/bin',
    mayImport: ['storage', 'objects', 'daemon', 'terminal', 'zod'],
  },
  { name: 'storage/testing', folder: 'packages/storage/src/testing', mayImport: ['storage', 'objects'] },
];

/** Returns the innermost layer that a file or folder, relative to the root, is in. */
export function layerOf(path: string): Layer | undefined {
  return layers
    .filter(({ folder }) => path === folder || path.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}
