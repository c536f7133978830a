import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

import { bytesSchema, durationSchema } from '@patchbay/objects/define';

import { configure, type ConfigureOptions } from '../src/configuration.js';

const schema = z.strictObject({
  nameServer: z.string().default('127.0.0.1:7440'),
  listen: z.string(),
  maxCalls: z.int().positive().default(64),
  drainMs: durationSchema().optional(),
  log: z
    .strictObject({ level: z.enum(['info', 'debug']).default('info'), file: z.string().optional() })
    .prefault({}),
  objects: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z]+$/, 'must be letters'),
        module: z.string(),
        options: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
});

describe('A configuration', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-configuration-'));
    file = join(folder, 'patchbay.yaml');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function fromText(
    text: string,
    others: Partial<ConfigureOptions<typeof schema>> = {},
  ): z.output<typeof schema> {
    writeFileSync(file, text);
    return configure({ schema, file, ...others });
  }

  it("takes values from the file, and the rest from the schema's defaults", () => {
    const configuration = fromText(
      'listen: 127.0.0.1:7441\nobjects:\n  - { name: storage, module: "@x/y" }\n',
    );
    expect(configuration).to.deep.equal({
      nameServer: '127.0.0.1:7440',
      listen: '127.0.0.1:7441',
      maxCalls: 64,
      log: { level: 'info' },
      objects: [{ name: 'storage', module: '@x/y', options: {} }],
    });
  });

  it('prefers flags to the environment, and the environment to the file', () => {
    const configuration = fromText('listen: file\nnameServer: file\nlog: { level: info, file: file }\n', {
      environment: {
        values: { PB_LISTEN: 'environment', PB_NS: 'environment', PB_EMPTY: '', PB_CALLS: '7' },
        keys: {
          PB_LISTEN: 'listen',
          PB_NS: 'nameServer',
          PB_EMPTY: 'log.file',
          PB_CALLS: 'maxCalls',
          PB_NONE: 'log.level',
        },
      },
      flags: { listen: 'flag', nameServer: undefined, 'log.level': 'debug' },
    });
    expect(configuration).to.deep.equal({
      listen: 'flag',
      nameServer: 'environment',
      maxCalls: 7,
      log: { level: 'debug', file: 'file' },
      objects: [],
    });
  });

  it('reads sizes and durations as people write them, wherever they stand', () => {
    const sizes = z.strictObject({
      drainMs: durationSchema(),
      quietMs: durationSchema().default(1),
      text: z.string(),
      pools: z.array(z.strictObject({ size: z.union([bytesSchema(), z.literal('all')]) })),
    });
    writeFileSync(file, 'drainMs: 30s\ntext: 30s\npools: [{ size: 20GiB }, { size: all }, { size: 7 }]\n');
    expect(configure({ schema: sizes, file, flags: { quietMs: '1h30m' } })).to.deep.equal({
      drainMs: 30_000,
      quietMs: 5_400_000,
      text: '30s',
      pools: [{ size: 20 * 1024 ** 3 }, { size: 'all' }, { size: 7 }],
    });
  });

  it('needs no file', () => {
    expect(configure({ schema, flags: { listen: 'flag' } }).listen).to.equal('flag');
  });

  it('cannot be changed, however deep', () => {
    const configuration = fromText(
      'listen: a\nobjects: [{ name: storage, module: m, options: { deep: [1] } }]\n',
    );
    expect(Object.isFrozen(configuration.objects[0]?.options.deep)).to.equal(true);
  });

  const wrong: [what: string, text: string, message: RegExp][] = [
    [
      'an unknown key, with its line and a suggestion',
      'listen: a\nobjects:\n  - module: m\n    nmae: storage\n',
      /^patchbay\.yaml:3: objects\[0\]\.name: is required; patchbay\.yaml:4: objects\[0\]\.nmae: unknown key; did you mean "name"\?$/,
    ],
    [
      'an unknown key at the top',
      'listn: a\nlisten: b\n',
      /^patchbay\.yaml:1: listn: unknown key; did you mean "listen"\?$/,
    ],
    [
      'an unknown key within a default',
      'listen: a\nlog: { levl: info }\n',
      /^patchbay\.yaml:2: log\.levl: unknown key; did you mean "level"\?$/,
    ],
    ['an unknown key that resembles none', 'listen: a\n\nqqqq: b\n', /^patchbay\.yaml:3: qqqq: unknown key$/],
    ['a missing key', '', /^patchbay\.yaml:1: listen: is required$/],
    [
      'a value that does not fit',
      'listen: a\nlog:\n  level: loud\n',
      /^patchbay\.yaml:3: log\.level: must be "/,
    ],
    [
      'a value of the wrong type',
      'listen: [1]\n',
      /^patchbay\.yaml:1: listen: must be a string, not a list$/,
    ],
    ['a prototype', 'listen: a\n__proto__: { b: c }\n', /^patchbay\.yaml:2: __proto__: unknown key$/],
  ];
  for (const [what, text, message] of wrong) {
    it(`is refused for ${what}`, () => {
      expect(() => fromText(text))
        .to.throw(message)
        .with.property('reason', 'CONFIG_INVALID');
    });
  }

  it('is refused for all that is wrong at once', () => {
    expect(() => fromText('objects:\n  - name: A B\n    module: 1\n'))
      .to.throw()
      .with.nested.property('details.problems.length', 3);
  });

  it('names the flag or the variable that has a wrong value', () => {
    const options = {
      environment: { values: { PB_CALLS: 'many' }, keys: { PB_CALLS: 'maxCalls' } },
      flags: { 'log.level': 'loud', listen: 'a' },
    };
    expect(() => configure({ schema, ...options })).to.throw(/^PB_CALLS: .*; --log-level: must be "/);
  });

  it('reports a missing file', () => {
    expect(() => configure({ schema, file: join(folder, 'absent.yaml') })).to.throw(
      /absent\.yaml: .*no such file/,
    );
  });

  it('reports a directory in place of a file', () => {
    expect(() => configure({ schema, file: folder })).to.throw(/cannot be read: it is a directory/);
  });

  it('reports the problem of the nearest alternative of a union', () => {
    const union = z.strictObject({
      pool: z.union([z.string(), z.strictObject({ kind: z.literal('file'), path: z.string() })]),
    });
    writeFileSync(file, 'pool:\n  kind: file\n  pth: /x\n');
    expect(() => configure({ schema: union, file })).to.throw(
      /pool\.path: is required; .*:3: pool\.pth: .*"path"/,
    );
  });
});
