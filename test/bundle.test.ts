import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';

import { coreError } from '@patchbay/objects';

import { read, root } from './repository.js';

/** What a file of the bundle is made of, as scripts/bundle-command.js writes it down. */
interface Contents {
  readonly sources: readonly string[];
  readonly requires: readonly string[];
}

const dist = join(root, 'packages/rpcclient/dist');
const folder = join(dist, 'bin');
const isCache = (name: string): boolean => name.endsWith('.cache');

function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !isCache(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

describe('The bundled command', function () {
  this.timeout(30_000);
  const contents = JSON.parse(read('packages/rpcclient/dist/bundle.json')) as Readonly<
    Record<string, Contents>
  >;
  const main = Object.keys(contents).find((name) => name.startsWith('main-')) ?? '';
  const { sources = [], requires = [] } = contents[main] ?? {};
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'patchbay-bundle-'));
  });
  after(() => {
    rmSync(scratch, { recursive: true });
  });

  describe('has a main file that', () => {
    it('calls objects', () => {
      expect(sources).to.include('packages/session/dist/src/client/object-client.js');
    });

    it('holds no other package', () => {
      expect(sources.filter((source) => source.startsWith('node_modules/'))).to.deep.equal([]);
    });

    for (const [what, pattern] of [
      ['the server', /\/(?:session|grpc)\/dist\/src\/server\//],
      ['the definition of objects', /\/object\/(?:define|dispatcher|bind)\.js$/],
      ['the generated messages', /\/generated\//],
      ['the help', /\/(?:show-help|command\/help|global-option-terms)\.js$/],
      [
        'tables, progress and advice',
        /\/(?:terminal\/dist\/src\/(?:table|help)|command\/progress|bin\/failure)\.js$/,
      ],
    ] as const) {
      it(`holds nothing of ${what}`, () => {
        expect(sources.filter((source) => pattern.test(source))).to.deep.equal([]);
      });
    }

    it('holds no texts that only documents show', () => {
      const [, meaning] = coreError.table.NAME_INVALID;
      expect(readFileSync(join(folder, main), 'utf8')).to.not.include(meaning);
    });

    it("loads nothing but the least of node's modules", () => {
      // Each more takes from half a millisecond to ten: node:http2, node:crypto, node:timers/promises, node:readline.
      const modules = requires.filter((path) => !path.startsWith('./'));
      expect(modules).to.have.members([
        'node:buffer',
        'node:events',
        'node:fs',
        'node:net',
        'node:path',
        'node:util',
      ]);
    });

    it('takes less than 128 KB', () => {
      expect(statSync(join(folder, main)).size).to.be.below(128_000);
    });
  });

  it('has every file that another one loads on demand', () => {
    const wanted = Object.values(contents).flatMap(({ requires: all }) =>
      all.filter((path) => path.startsWith('./')).map((path) => path.slice(2)),
    );
    expect(wanted).not.to.deep.equal([]);
    expect(readdirSync(folder)).to.include.members(wanted);
  });

  it('comes with the licences of the packages that it holds', () => {
    const licenses = readFileSync(join(folder, 'LICENSES.txt'), 'utf8');
    expect(licenses).to.match(/^zod \d.*: MIT$/m);
    expect(licenses).to.match(/^@grpc\/grpc-js \d.*: Apache-2.0$/m);
    expect(licenses).to.include('Permission is hereby granted, free of charge');
  });

  it('is the same when it is made again', () => {
    execFileSync(process.execPath, ['scripts/bundle-command.js', scratch], { cwd: root });
    expect(filesOf(join(scratch, 'bin'))).to.deep.equal(filesOf(folder));
  });

  it('has compiled code that this version of node takes', () => {
    const cache = `${main}.${process.version}-${process.arch}.cache`;
    // In a process of its own: V8 refuses what was compiled under other flags, and tests here have set some.
    const check = `const { readFileSync } = require('node:fs');
      const [source, cache] = process.argv.slice(1).map((file) => readFileSync(file));
      const script = new (require('node:vm').Script)(source.toString(), { cachedData: cache });
      process.stdout.write(String(script.cachedDataRejected));`;
    const files = [join(folder, main), join(folder, cache)];
    const rejected = execFileSync(process.execPath, ['-e', check, ...files], { encoding: 'utf8' });
    expect(rejected).to.equal('false');
  });

  const spoilt: [what: string, spoil: (cache: string) => void][] = [
    ['there is no compiled code', rmSync],
    [
      'the compiled code is cut short',
      (cache) => {
        writeFileSync(cache, readFileSync(cache).subarray(0, 1_000));
      },
    ],
    [
      'the compiled code is that of something else',
      (cache) => {
        writeFileSync(cache, new Script('1 + 1').createCachedData());
      },
    ],
  ];
  for (const [what, spoil] of spoilt) {
    it(`runs where ${what}, and leaves that as it is`, () => {
      // Beside a package.json, as it is installed: its version is there.
      const copy = mkdtempSync(join(scratch, 'copy-'));
      cpSync(join(root, 'packages/rpcclient/package.json'), join(copy, 'package.json'));
      cpSync(folder, join(copy, 'bin'), { recursive: true });
      const cache = readdirSync(join(copy, 'bin')).find(isCache) ?? '';
      spoil(join(copy, 'bin', cache));
      const before = readdirSync(join(copy, 'bin'));
      const output = execFileSync(process.execPath, [join(copy, 'bin/rpcclient.cjs'), '--version']);
      expect(output.toString()).to.match(/^\d+\.\d+\.\d+\n$/);
      expect(readdirSync(join(copy, 'bin'))).to.deep.equal(before);
    });
  }
});
