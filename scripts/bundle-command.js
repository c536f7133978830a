// Bundles the command `rpcclient`, so that a call from a cold start loads little: docs/adr/0007 says why.
//
//   rpcclient.cjs             runs the main file
//   main-HASH.cjs             all that a call needs
//   main-HASH.cjs.*.cache     the same compiled, for this version of node: scripts/compile-command.js
//   *.cjs                     what the source imports by `await import(...)`, such as help: loaded when asked for
//
// All are CommonJS, which node loads sooner than modules, and each holds all that it needs.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import process from 'node:process';

import { licensesOf } from './licenses.js';

const root = process.cwd();
const built = join(root, 'packages', 'rpcclient', 'dist');
const [folder = built] = process.argv.slice(2);
const bin = join(folder, 'bin');

/** The files to load on demand, by the source that each begins with; grows while they turn up. */
const onDemand = new Map();

/** Turns imports on demand into imports of other files of the bundle. */
const splitting = {
  name: 'on-demand',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || isBuiltin(path) || pluginData === splitting) {
        return undefined;
      }
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: splitting });
      if (found.errors.length > 0) {
        return { errors: found.errors };
      }
      onDemand.set(found.path, nameOf(found.path));
      return { path: `./${nameOf(found.path)}`, external: true };
    });
  },
};

/** What the library has and the command never uses, or not enough to gain by it. */
const unused =
  /session\/dist\/src\/(?:client\/(?:batch|fan-out|busy-poll|intercepted-call)|protocol\/name-cache)\.js$/;
/** What is called all the same: the command has no interceptors, and hears few names. */
const stubs = {
  interceptorsOf: 'return undefined;',
  NameCache: "this.decode = (buffer, from, to) => buffer.toString('utf8', from, to);",
};

/** Leaves out what the command does not use, and what errors mean, which only the reference shows. */
const trimming = {
  name: 'trim',
  setup({ onLoad }) {
    onLoad({ filter: unused }, async ({ path }) => {
      const functions = Object.keys(await import(path)).map((name) => {
        const body = stubs[name] ?? `throw new Error('the command is built without ${name}');`;
        return `export function ${name}() { ${body} }`;
      });
      return { contents: functions.join('\n') };
    });
    onLoad({ filter: /core-errors\.js$/ }, ({ path }) => {
      const meaning = /(?<=: \[\s*'[A-Z_]+'),\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),?\s*(?=\])/g;
      return { contents: readFileSync(path, 'utf8').replaceAll(meaning, '') };
    });
  },
};

/** Returns `grpc-describe.cjs` for packages/grpc/dist/src/describe.js. */
function nameOf(file) {
  const name = relative(root, file)
    .replace(/^(?:packages|node_modules)\//, '')
    .replace('dist/src/', '')
    .replace(/\.[cm]?js$/, '')
    .replaceAll(/[^\w-]+/g, '-');
  return `${name}.cjs`;
}

/** Bundles a source; gives the text, and which sources and which of node's modules it holds. */
async function bundle(source, { define = {}, before = '', after = '' } = {}) {
  const { outputFiles, metafile } = await build({
    entryPoints: [source],
    outfile: join(bin, 'bundle.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false }, // `require` does the same without the loader of modules
    define: { ...define, 'import.meta.url': 'moduleUrl', 'import.meta.dirname': '__dirname' },
    banner: {
      js: `${before}"use strict";const moduleUrl=require("node:url").pathToFileURL(__filename).href;`,
    },
    footer: { js: after },
    minify: true, // less to read and to parse
    keepNames: true, // of classes and functions, for stacks
    plugins: [splitting, trimming],
    absWorkingDir: root,
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const [{ inputs, imports }] = Object.values(metafile.outputs);
  const sources = Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0);
  return { text: outputFiles[0].text, sources, requires: [...new Set(imports.map(({ path }) => path))] };
}

rmSync(bin, { recursive: true, force: true });
mkdirSync(bin, { recursive: true });
const contents = {};
function write(name, { text, ...rest }) {
  writeFileSync(join(bin, name), text);
  contents[name] = rest;
}

const main = await bundle(join(built, 'src', 'bin', 'rpcclient.js'), {
  before: '(function(exports,require,module,__filename,__dirname){',
  after: '})',
});
// Compiled code is looked for under this name, and so never taken for that of another main file.
const mainFile = `main-${createHash('sha256').update(main.text).digest('hex').slice(0, 12)}.cjs`;
write(mainFile, main);
write(
  'rpcclient.cjs',
  await bundle(join(built, 'src', 'bin', 'launch.js'), { define: { mainFile: JSON.stringify(mainFile) } }),
);
for (const [source, name] of onDemand) {
  write(name, await bundle(source));
}
writeFileSync(
  join(bin, 'LICENSES.txt'),
  licensesOf(Object.values(contents).flatMap(({ sources }) => sources)),
);
// Writes the inputs of each file, for the tests and to find out why one has grown.
writeFileSync(join(folder, 'bundle.json'), `${JSON.stringify(contents, undefined, 2)}\n`);
