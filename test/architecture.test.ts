import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { expect } from 'chai';

import { importsOf, packageOf, wrongImports } from './architecture/check-imports.js';
import { cyclesIn } from './architecture/cycles.js';
import { layers } from './architecture/layers.js';
import { read, root, sourcesIn } from './repository.js';

const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const sources = packages.flatMap((folder) => sourcesIn(`${folder}/src`));
const longest = 300;

describe('The import table', () => {
  for (const folder of packages) {
    it(`holds for ${folder}`, () => {
      const wrong = sourcesIn(`${folder}/src`).flatMap((path) => wrongImports(path, read(path)));
      expect(wrong).to.deep.equal([]);
    });
  }

  for (const { name, mayImport } of layers) {
    it(`stands in ARCHITECTURE.md for ${name}`, () => {
      const row = read('ARCHITECTURE.md')
        .split('\n')
        .find((line) => line.startsWith(`| \`${name}\` `));
      const named = [...(row?.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word);
      expect(named).to.have.members([...mayImport]);
    });
  }
});

describe('The package.json of', () => {
  /** What is bundled into a command, or serves tests alone, need not be installed beside it. */
  const left = (path: string): boolean =>
    path.includes('/testing/') || path.startsWith('packages/rpcclient/src/bin/');

  for (const folder of packages) {
    it(`${folder} names exactly what its source imports, and what that needs`, () => {
      const manifest = JSON.parse(read(`${folder}/package.json`)) as Manifest;
      const imported = (some: (path: string) => boolean): string[] => [
        ...new Set(
          sourcesIn(`${folder}/src`)
            .filter(some)
            .flatMap((path) => importsOf(read(path)))
            .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
            .map(packageOf),
        ),
      ];
      const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest;
      const needed = imported((path) => !left(path));
      const peers = needed.flatMap((name) => Object.keys(peersOf(name)));
      expect([...Object.keys(dependencies), ...Object.keys(peerDependencies)]).to.have.members([
        ...new Set([...needed, ...(serves(needed, folder) ? peers : [])]),
      ]);
      const others = imported(left).filter((name) => !(name in dependencies) && name !== manifest.name);
      expect(Object.keys(devDependencies)).to.have.members(others);
    });
  }

  it('the repository names the packages that Patchbay is to be built with, and each is used', () => {
    const named = ['@grpc/grpc-js', '@grpc/proto-loader', 'yargs', 'node-cron', 'winston', 'mocha', 'chai'];
    const used = [
      ...sources.flatMap((path) => importsOf(read(path)).map(packageOf)),
      ...sourcesIn('test').flatMap((path) => importsOf(read(path)).map(packageOf)),
    ];
    expect(named.filter((name) => !used.includes(name))).to.deep.equal([]);
  });
});

/** The parts of a package.json that say what is installed with it. */
interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Returns what a package of ours leaves to those who use all of it. */
function peersOf(name: string): Readonly<Record<string, string>> {
  const folder = `packages/${name.replace('@patchbay/', '')}`;
  return name.startsWith('@patchbay/')
    ? ((JSON.parse(read(`${folder}/package.json`)) as Manifest).peerDependencies ?? {})
    : {};
}

/** Reports whether a package serves gRPC, and so has to install what only servers load. */
function serves(needed: readonly string[], folder: string): boolean {
  return (
    needed.includes('@patchbay/grpc') &&
    sourcesIn(`${folder}/src`).some((path) => importsOf(read(path)).includes('@patchbay/grpc/server'))
  );
}

describe('The check of imports', () => {
  const right: [path: string, source: string][] = [
    [
      'packages/objects/src/names.ts',
      "import { z } from 'zod';\nimport { readFileSync } from 'node:fs';\nimport 'fs';",
    ],
    [
      'packages/grpc/src/status.ts',
      "import { status } from '@grpc/grpc-js';\nimport { a } from '@patchbay/objects';",
    ],
    [
      'packages/storage/src/catalog.ts',
      "import type { Store } from '@patchbay/store';\nimport { b } from './names.js';",
    ],
    [
      'packages/nameserver/src/bin/nameserver.ts',
      "import { a } from '../server.js';\nimport '@patchbay/daemon';",
    ],
    ['packages/rpcclient/src/bin/a.ts', "await import('@patchbay/daemon/yaml');"],
    ['packages/objects/src/a.ts', "// import 'yargs';\nconst text = \"import 'yargs'\";"],
  ];
  for (const [path, source] of right) {
    it(`lets ${path} pass with ${JSON.stringify(source)}`, () => {
      expect(wrongImports(path, source)).to.deep.equal([]);
    });
  }

  const wrong: [path: string, source: string, why: string][] = [
    ['packages/objects/src/names.ts', "import yargs from 'yargs';", 'objects may not import yargs'],
    ['packages/objects/src/names.ts', "import '@patchbay/session';", 'objects may not import session'],
    [
      'packages/objects/src/names.ts',
      "import { a } from './testing/index.js';",
      'objects may not import objects/testing',
    ],
    [
      'packages/session/src/client/a.ts',
      "import { a } from '../server/server-session.js';",
      'session/client may not import session/server',
    ],
    ['packages/session/src/client/a.ts', "import '@patchbay/grpc/client';", 'may not import grpc/client'],
    ['packages/grpc/src/status.ts', "import '@patchbay/daemon';", 'grpc may not import daemon'],
    [
      'packages/grpc/src/client/a.ts',
      "import { type Server } from '@grpc/grpc-js';",
      'grpc/client may not import @grpc/grpc-js',
    ],
    [
      'packages/objects/src/names.ts',
      "import { a } from '@patchbay/objects';",
      'a package imports its own files by their paths',
    ],
    [
      'packages/storage/src/a.ts',
      "import type { Server } from '@grpc/grpc-js';",
      'storage may not import @grpc/grpc-js',
    ],
    [
      'packages/storage/src/a.ts',
      "const a = await import('@patchbay/grpc/server');",
      'storage may not import grpc/server',
    ],
    [
      'packages/storage/src/a.ts',
      "type A = import('@patchbay/rpcserver').A;",
      'storage may not import rpcserver',
    ],
    ['packages/storage/src/a.ts', "export * from '@patchbay/rpcclient';", 'storage may not import rpcclient'],
    [
      'packages/storage/src/a.ts',
      "import { a } from '../../objects/src/names.js';",
      'it leaves its package by a path',
    ],
    ['packages/storage/src/a.ts', "import { a } from '../test/helper.js';", 'it leads out of src/'],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from '@patchbay/storage';",
      'rpcserver may not import storage',
    ],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from '@patchbay/objects/testing';",
      'rpcserver may not import objects/testing',
    ],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from '@patchbay/daemon';",
      'rpcserver may not import daemon',
    ],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from './bin/rpcserver.js';",
      'rpcserver may not import rpcserver/bin',
    ],
    [
      'packages/rpcclient/src/a.ts',
      "import { a } from './command/format.js';",
      'rpcclient may not import rpcclient/command',
    ],
    ['packages/rpcclient/src/bin/a.ts', "import '@patchbay/store';", 'rpcclient/bin may not import store'],
    [
      'packages/store/src/a.ts',
      "import a from 'better-sqlite3-other';",
      'store may not import better-sqlite3-other',
    ],
    ['packages/store/src/a.ts', "import a from '@patchbay/objects/names';", 'no package exports it'],
    ['packages/store/src/a.ts', "import a from '@patchbay/nothing';", 'no package exports it'],
    ['packages/elsewhere/src/a.ts', '', 'is in no layer'],
  ];
  for (const [path, source, why] of wrong) {
    it(`refuses ${JSON.stringify(source)} in ${path}`, () => {
      expect(wrongImports(path, source)).to.have.length(1);
      expect(wrongImports(path, source)[0]).to.include(why);
    });
  }
});

describe('Imports', () => {
  it('have no cycle, those of types and on demand counted', () => {
    expect(cyclesIn(new Map(sources.map((path) => [path, read(path)])))).to.deep.equal([]);
  });

  it('that lead round and round are found', () => {
    const files = new Map([
      ['packages/a/src/a.ts', "import { type B } from './b.js';"],
      ['packages/a/src/b.ts', "export const c = () => import('./c.js');"],
      ['packages/a/src/c.ts', "export * from './a.js';"],
      ['packages/a/src/d.ts', "import './a.js';"],
    ]);
    expect(cyclesIn(files)).to.deep.equal([[...files.keys()].slice(0, 3)]);
  });
});

describe('The size of files', () => {
  const linesOf = new Map(sources.map((path) => [path, read(path).split('\n').length - 1]));

  it(`is at most ${String(longest)} lines; past that, look for the second noun`, () => {
    const tooLong = [...linesOf]
      .filter(([, lines]) => lines > longest)
      .map(([path, lines]) => `${path}: ${String(lines)}`);
    expect(tooLong).to.deep.equal([]);
  });
});
