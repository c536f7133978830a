// Makes the tree that is installed under /usr/lib/patchbay: node scripts/make-program.js [--if-stale] [FOLDER].
// With --if-stale it leaves a tree that is newer than the build. It needs Node and nothing else, wherever it is put:
//
//   bin/                  the five commands, of which rpcclient is a link to its own bundle, and beside rpcserver the
//                         commands of it that are programs of their own (docs/adr/0012)
//   lib/*.js              the daemons and the libraries as modules that share what they have in common, so that an
//                         object's module has the same classes as the server that loads it
//   lib/rpcclient/        the command as scripts/bundle-command.js made it
//   lib/proto/            what the gRPC services read when they start
//   node_modules/         the packages that are named by configurations and objects' modules, and those with native modules
//   package.json, LICENSE, THIRD-PARTY-LICENSES
import { build } from 'esbuild';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { licensesOf } from './licenses.js';

const {
  values: { 'if-stale': ifStale = false },
  positionals: [folder = join('build', 'program')],
} = parseArgs({ options: { 'if-stale': { type: 'boolean' } }, allowPositionals: true });
const fresh = `${resolve(folder)}.new`; // swapped in when it is whole

/** The programs of bin/, by the modules that they run. */
const programs = {
  nameserver: 'nameserver/dist/src/bin/nameserver.js',
  rpcserver: 'rpcserver/dist/src/bin/rpcserver.js',
  'patchbay-host': 'jobs/dist/src/bin/patchbay-host.js',
  'patchbay-storage': 'storage/dist/src/bin/patchbay-storage.js',
  'rpcserver-init-pool': 'storage/dist/src/bin/rpcserver-init-pool.js',
};

/** The packages that are found by their names, by their entries: what they export under which path. */
const packages = {
  rpcclient: { '.': 'rpcclient/dist/src/index.js', './testing': 'rpcclient/dist/src/testing/index.js' },
  rpcserver: { '.': 'rpcserver/dist/src/index.js' },
  jobs: { '.': 'jobs/dist/src/index.js' },
  storage: { '.': 'storage/dist/src/index.js' },
};
/** Those of them that configurations name as modules of objects. */
const objects = ['jobs', 'storage'];

/** The native modules and what they load: only the files that they read. */
const native = {
  'better-sqlite3': ['package.json', 'LICENSE', 'lib', 'build/Release/better_sqlite3.node'],
  bindings: ['package.json', 'LICENSE.md', 'bindings.js'],
  'file-uri-to-path': ['package.json', 'LICENSE', 'index.js'],
  'node-unix-socket': ['package.json', 'LICENSE', 'js'],
  // Its compiled file is in a package of its own, of which npm has installed the one for this machine.
  ...Object.fromEntries(
    readdirSync('node_modules')
      .filter((name) => name.startsWith('node-unix-socket-'))
      .map((name) => [name, ['package.json', `${name.replace('socket-', 'socket.')}.node`]]),
  ),
};

function write(path, text) {
  const file = join(fresh, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function copy(from, to) {
  mkdirSync(dirname(join(fresh, to)), { recursive: true });
  cpSync(from, join(fresh, to), { recursive: true, filter: (source) => !/\.(?:d\.ts|map)$/.test(source) });
}

/** Sets who may do what, whatever the umask and the files that were copied. */
function setModes() {
  for (const entry of readdirSync(fresh, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const runs =
      entry.isDirectory() || entry.parentPath === join(fresh, 'bin') || entry.name === 'rpcclient.cjs';
    chmodSync(path, runs ? 0o755 : 0o644);
  }
  chmodSync(fresh, 0o755);
}

/** Returns the name in lib/ of a package's entry: `rpcclient-testing` for `./testing` of `rpcclient`. */
function entryName(name, path) {
  return join(name, path).replaceAll('/', '-');
}

/** Bundles the programs and packages into lib/; gives the sources that went in. */
async function bundle() {
  const entries = Object.entries(packages).flatMap(([name, exported]) =>
    Object.entries(exported).map(([path, module]) => [`${entryName(name, path)}-package`, module]),
  );
  const entryPoints = [...Object.entries(programs), ...entries].map(([out, module]) => ({
    out,
    in: `packages/${module}`,
  }));
  const { metafile } = await build({
    entryPoints,
    outdir: join(fresh, 'lib'),
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys(native),
    define: { __dirname: 'moduleFolder', __filename: 'moduleFile' },
    banner: {
      // What is CommonJS in there expects these of every file.
      js: [
        "import { createRequire as requireFor } from 'node:module';",
        'const { filename: moduleFile, dirname: moduleFolder } = import.meta;',
        'const require = requireFor(import.meta.url);',
      ].join('\n'),
    },
    metafile: true,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0),
  );
}

/** Copies the bundled command; gives the sources that it is made of. */
function copyCommand() {
  const dist = join('packages', 'rpcclient', 'dist');
  for (const name of readdirSync(join(dist, 'bin')).filter((each) => each !== 'LICENSES.txt')) {
    copy(join(dist, 'bin', name), join('lib', 'rpcclient', name));
  }
  symlinkSync('../lib/rpcclient/rpcclient.cjs', join(fresh, 'bin', 'rpcclient'));
  return Object.values(JSON.parse(readFileSync(join(dist, 'bundle.json'), 'utf8'))).flatMap(
    ({ sources }) => sources,
  );
}

/** Writes a package that others find by its name: its manifest, and files that give on what is in lib/. */
function writePackage(name, exported, manifest) {
  const at = join('node_modules', '@patchbay', name);
  const files = Object.keys(exported).map((path) => [
    path,
    path === '.' ? 'index.js' : `${path.slice(2)}.js`,
  ]);
  for (const [path, file] of files) {
    const module = JSON.stringify(`../../../lib/${entryName(name, path)}-package.js`);
    // A configuration names a module for its default export; only the objects that come along have one.
    const made = path === '.' && objects.includes(name) ? `export { default } from ${module};\n` : '';
    write(join(at, file), `export * from ${module};\n${made}`);
  }
  const shown = Object.fromEntries(files.map(([path, file]) => [path, `./${file}`]));
  write(
    join(at, 'package.json'),
    json({
      name: `@patchbay/${name}`,
      ...manifest,
      exports: { ...shown, './package.json': './package.json' },
    }),
  );
}

/** Lists what the tree is made of. */
function inputs() {
  const built = readdirSync('packages').map((name) => join('packages', name, 'dist'));
  return ['package.json', 'package-lock.json', 'LICENSE', 'scripts', ...built];
}

/** Reports whether a file is there and newer than all files of some folders. */
function isNewerThan(file, others) {
  if (!existsSync(file)) {
    return false;
  }
  const { mtimeMs } = statSync(file);
  const isOlder = (path) => statSync(path).mtimeMs < mtimeMs;
  return others.every(
    (other) =>
      isOlder(other) &&
      (!statSync(other).isDirectory() ||
        readdirSync(other, { recursive: true }).every((path) => isOlder(join(other, path)))),
  );
}

function json(value) {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

if (ifStale && isNewerThan(join(folder, 'package.json'), inputs())) {
  process.exit();
}
rmSync(fresh, { recursive: true, force: true });
const { version, description, license, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const manifest = { version, license, type: 'module', engines };
const bundled = await bundle();
for (const name of Object.keys(programs)) {
  write(join('bin', name), `#!/usr/bin/env node\nimport '../lib/${name}.js';\n`);
}
const commanded = copyCommand();
for (const [name, exported] of Object.entries(packages)) {
  writePackage(name, exported, manifest);
}
for (const [name, files] of Object.entries(native)) {
  files.forEach((file) => copy(join('node_modules', name, file), join('node_modules', name, file)));
}
copy('LICENSE', 'LICENSE');
write(
  'THIRD-PARTY-LICENSES',
  licensesOf([...bundled, ...commanded, ...Object.keys(native).map((name) => join('node_modules', name))]),
);
write('package.json', json({ name: 'patchbay', description, ...manifest }));
setModes();

rmSync(folder, { recursive: true, force: true });
renameSync(fresh, folder);
