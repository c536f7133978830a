import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { wrongImports } from './architecture/check-imports.js';
import { layers } from './architecture/layers.js';
import { read, root, sourcesIn } from './repository.js';

const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const sources = packages.flatMap((folder) => sourcesIn(`${folder}/src`));
const longest = 250;

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

describe('The check of imports', () => {
  const right: [path: string, source: string][] = [
    [
      'packages/core/src/names.ts',
      "import { z } from 'zod';\nimport { readFileSync } from 'node:fs';\nimport 'fs';",
    ],
    [
      'packages/core/src/wire/status.ts',
      "import { status } from '@grpc/grpc-js';\nimport { a } from '../errors/code.js';",
    ],
    [
      'packages/storage/src/catalog.ts',
      "import type { Store } from '@patchbay/store';\nimport { b } from './names.js';",
    ],
    [
      'packages/nameserver/src/bin/nameserver.ts',
      "import { a } from '../server.js';\nimport '@patchbay/core/daemon';",
    ],
    ['packages/core/src/a.ts', "// import 'yargs';\nconst text = \"import 'yargs'\";"],
  ];
  for (const [path, source] of right) {
    it(`lets ${path} pass with ${JSON.stringify(source)}`, () => {
      expect(wrongImports(path, source)).to.deep.equal([]);
    });
  }

  const wrong: [path: string, source: string, why: string][] = [
    ['packages/core/src/names.ts', "import yargs from 'yargs';", 'core may not import yargs'],
    ['packages/core/src/names.ts', "import { a } from './wire/status.js';", 'core may not import core/wire'],
    [
      'packages/core/src/names.ts',
      "import { a } from './testing/index.js';",
      'core may not import core/testing',
    ],
    [
      'packages/core/src/wire/status.ts',
      "import { a } from '../daemon/index.js';",
      'core/wire may not import core/daemon',
    ],
    ['packages/core/src/names.ts', "import { a } from '@patchbay/core';", 'no other package is called so'],
    [
      'packages/storage/src/a.ts',
      "import type { Server } from '@grpc/grpc-js';",
      'storage may not import @grpc/grpc-js',
    ],
    [
      'packages/storage/src/a.ts',
      "const a = await import('@patchbay/core/wire');",
      'storage may not import core/wire',
    ],
    [
      'packages/storage/src/a.ts',
      "type A = import('@patchbay/rpcserver').A;",
      'storage may not import rpcserver',
    ],
    ['packages/storage/src/a.ts', "export * from '@patchbay/rpcclient';", 'storage may not import rpcclient'],
    [
      'packages/storage/src/a.ts',
      "import { a } from '../../core/src/names.js';",
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
      "import { a } from '@patchbay/core/testing';",
      'rpcserver may not import core/testing',
    ],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from '@patchbay/core/daemon';",
      'rpcserver may not import core/daemon',
    ],
    [
      'packages/rpcserver/src/a.ts',
      "import { a } from './bin/rpcserver.js';",
      'rpcserver may not import rpcserver/bin',
    ],
    [
      'packages/rpcclient/src/bin/a.ts',
      "import '@patchbay/core/wire';",
      'rpcclient/bin may not import core/wire',
    ],
    [
      'packages/store/src/a.ts',
      "import a from 'better-sqlite3-other';",
      'store may not import better-sqlite3-other',
    ],
    ['packages/store/src/a.ts', "import a from '@patchbay/core/names';", 'no other package is called so'],
    ['packages/elsewhere/src/a.ts', '', 'is in no layer'],
  ];
  for (const [path, source, why] of wrong) {
    it(`refuses ${JSON.stringify(source)} in ${path}`, () => {
      expect(wrongImports(path, source)).to.have.length(1);
      expect(wrongImports(path, source)[0]).to.include(why);
    });
  }
});

describe('The size of files', () => {
  const linesOf = new Map(sources.map((path) => [path, read(path).split('\n').length - 1]));

  it(`is at most ${String(longest)} lines; past that, look for the second noun`, () => {
    const tooLong = [...linesOf]
      .filter(([, lines]) => lines > longest)
      .map(([path, lines]) => `${path}: ${String(lines)}`);
    expect(tooLong).to.deep.equal([]);
  });

  it('has a median of about 100 lines', () => {
    const sorted = [...linesOf.values()].sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).to.be.at.most(110);
  });
});
