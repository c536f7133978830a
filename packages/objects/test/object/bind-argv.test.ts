import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { bytesSchema, durationSchema } from '../../src/object/schemas.js';
import { byteStream } from '../../src/object/streams.js';
import { method } from '../../src/object/define.js';
import { PreparedMethod } from '../../src/object/bind.js';
import { FileArgument } from '../../src/object/file-argument.js';
import { defaults, provisionMethod } from './provision-method.js';
import { refusalOf } from '../../src/testing/refusal.js';

const provision = new PreparedMethod('provision', provisionMethod());
const gib = 1024 ** 3;

/** Binds argv to one argument of a schema. */
function bindOne(schema: z.ZodType, ...words: string[]): unknown {
  const definition = method({
    summary: 'Take',
    args: [arg('value', schema, 'A value')],
    returns: z.null(),
    run: () => null,
  });
  return (new PreparedMethod('take', definition).bindArgv(words) as unknown[])[0];
}

describe('bindArgv', () => {
  const good: [words: string, options: Record<string, unknown>, snapshot?: string][] = [
    ['n i', {}],
    ['n i s', {}, 's'],
    ['n i --size 20GiB', { sizeBytes: 20 * gib }],
    ['n i --size=20GiB', { sizeBytes: 20 * gib }],
    ['n i --size-bytes 4096', { sizeBytes: 4096 }],
    ['--size 20G n i', { sizeBytes: 20 * gib }],
    ['n --keep-disk i s', { keepDisk: true }, 's'],
    ['n i --no-keep-disk', { keepDisk: false }],
    ['n i --keep-disk=true', { keepDisk: true }],
    ['n i --keep-disk=false', { keepDisk: false }],
    ['n i --no-verify', { verify: false }],
    ['n i --timeout 1h30m', { timeoutMs: 5_400_000 }],
    ['n i --initiator=iqn.2026-11.x:a=b', { initiator: 'iqn.2026-11.x:a=b' }],
    ['n i --initiator 007', { initiator: '007' }],
    ['n i --initiator=', { initiator: '' }],
    ['n i --initiator=--x', { initiator: '--x' }],
    ['n i --format raw', { format: 'raw' }],
    ['n i --luns 1 --luns 2', { luns: [1, 2] }],
    ['n i --luns 1,2 --luns 3', { luns: [1, 2, 3] }],
    ['n i --labels {"a":"b"}', { labels: { a: 'b' } }],
    ['n i -- --size', {}, '--size'],
    ['n i -x', {}, '-x'],
  ];
  for (const [line, options, snapshot] of good) {
    it(`reads ${line}`, () => {
      expect(provision.bindArgv(line.split(' '))).to.deep.equal([
        'n',
        'i',
        snapshot,
        { ...defaults, ...options },
      ]);
    });
  }

  const uploads = z.union([byteStream(), z.string().regex(/^[a-z]+:/)]);

  it('reads an argument for a stream or text as the text if it has its form', () => {
    expect(bindOne(uploads, 'server:/srv/a')).to.equal('server:/srv/a');
  });

  it('reads the content of a file for a stream or text as the stream', async () => {
    const content = (async function* () {
      yield await Promise.resolve(Buffer.from('content'));
    })();
    const definition = method({
      summary: 'Take',
      args: [arg('value', uploads, 'A value')],
      returns: z.null(),
      run: () => null,
    });
    const bound = await new PreparedMethod('take', definition).bindArgv([new FileArgument('-', content)]);
    const pieces: string[] = [];
    for await (const piece of bound[0] as AsyncIterable<Buffer>) {
      pieces.push(piece.toString());
    }
    expect(pieces).to.deep.equal(['content']);
  });

  for (const [what, schema] of [
    ['a stream', byteStream()],
    ['a stream or a text', uploads],
  ] as const) {
    it(`says that ${what} may be meant to be a file, and how to write that`, () => {
      const error = refusalOf(() => bindOne(schema, './a.img'));
      expect(error).to.include({ reason: 'FILE_EXPECTED', code: 'INVALID_ARGUMENT' });
      expect(error.message).to.include('"@./a.img"');
      expect(error.details).to.deep.equal({ argument: 'value', word: './a.img' });
    });
  }

  const bad: [words: string, reason: string, message: RegExp][] = [
    [
      'n',
      'ARGUMENT_MISSING',
      /^argument "image" is missing; usage: provision NODE IMAGE \[SNAPSHOT\] \[--size SIZE\]/,
    ],
    [
      'n i s t',
      'ARGUMENT_SURPLUS',
      /^provision takes 3 arguments, but 4 were given \(the first extra one is "t"\)/,
    ],
    ['n i s -size', 'ARGUMENT_SURPLUS', /options start with two dashes/],
    ['n i --sise 5', 'OPTION_UNKNOWN', /^provision has no option "--sise"; did you mean "--size"\?$/],
    ['n i --no-size', 'OPTION_UNKNOWN', /"--no-size"/],
    ['n i --size', 'ARGUMENT_INVALID', /^option "--size": needs a value; write "--size=VALUE"$/],
    ['n i --size --keep-disk', 'ARGUMENT_INVALID', /^option "--size": needs a value/],
    ['n i --size 20XB', 'ARGUMENT_INVALID', /^option "--size": must be a size in bytes .*, not "20XB"$/],
    ['n i --size 0', 'ARGUMENT_INVALID', /^option "--size": must be more than 0$/],
    ['n i --size 1G --size-bytes 2', 'ARGUMENT_INVALID', /^option "--size": is given twice$/],
    [
      'n i --keep-disk=maybe',
      'ARGUMENT_INVALID',
      /^option "--keep-disk": must be "true" or "false", not "maybe"$/,
    ],
    ['n i --no-keep-disk --keep-disk', 'ARGUMENT_INVALID', /is given twice/],
    ['n i --timeout 30', 'ARGUMENT_INVALID', /^option "--timeout": must be a duration .*, not "30"$/],
    [
      'n i --format qcow',
      'ARGUMENT_INVALID',
      /^option "--format": must be "raw" or "qcow2", not "qcow"; did you mean/,
    ],
    ['n i --luns 1,x', 'ARGUMENT_INVALID', /^option "--luns": must be a number, not "x"$/],
    ['n i --luns 1.5', 'ARGUMENT_INVALID', /^option "--luns.0": must be a whole number, not 1.5$/],
    ['n i --labels a=b', 'ARGUMENT_INVALID', /^option "--labels": must be JSON, .*, not "a=b"$/],
    ['N i', 'ARGUMENT_INVALID', /^argument "node": must be lower-case letters/],
  ];
  for (const [line, reason, message] of bad) {
    it(`refuses ${line}`, () => {
      const refusal = refusalOf(() => provision.bindArgv(line.split(' ')));
      expect(refusal.reason).to.equal(reason);
      expect(refusal.message).to.match(message);
    });
  }

  const durationOrNone = z.union([durationSchema(), z.literal('none')]);
  const words: [title: string, schema: z.ZodType, words: string[], value: unknown][] = [
    ['a text that looks like a number', z.string(), ['007'], '007'],
    ['an empty text', z.string(), [''], ''],
    ['a choice', z.enum(['a', 'b']), ['b'], 'b'],
    ['a negative number', z.number(), ['-5'], -5],
    ['a fraction', z.number(), ['.5'], 0.5],
    ['a number that may be null', z.number().nullable(), ['5'], 5],
    ['a boolean', z.boolean(), ['false'], false],
    ['a size with a default', bytesSchema().default(1), ['1KiB'], 1024],
    ['a size that is described after', bytesSchema().optional().describe('x'), ['1KiB'], 1024],
    ['a duration', durationSchema(), ['1m'], 60_000],
    ['a duration or a word: the duration', durationOrNone, ['1m'], 60_000],
    ['a duration or a word: the word', durationOrNone, ['none'], 'none'],
    ['a number or a text, as the text', z.union([z.number(), z.string()]), ['5'], '5'],
    ['a schema that has an id', z.number().meta({ id: 'BindWordsNumber' }), ['5'], 5],
    ['the rest as a list', z.array(z.int()), ['1', '2'], [1, 2]],
    ['the rest with commas as they are', z.array(z.string()), ['a,b', 'c'], ['a,b', 'c']],
    ['no words for a list that may be left out', z.array(z.string()).optional(), [], undefined],
    ['an object as JSON', z.object({ a: z.int() }), ['{"a":1}'], { a: 1 }],
    ['a list of objects as JSON', z.array(z.object({ a: z.int() })), ['[{"a":1}]'], [{ a: 1 }]],
    ['anything as JSON', z.unknown(), ['"text"'], 'text'],
    ['any JSON', z.json(), ['[1,"a"]'], [1, 'a']],
    ['null as JSON', z.unknown(), ['null'], null],
  ];
  for (const [title, schema, line, value] of words) {
    it(`reads ${title}`, () => {
      expect(bindOne(schema, ...line)).to.deep.equal(value);
    });
  }

  const refused: [title: string, schema: z.ZodType, word: string, message: RegExp][] = [
    ['a word for a number', z.number(), 'five', /must be a number, not "five"/],
    ['a hexadecimal number', z.number(), '0x10', /must be a number/],
    ['nothing for a number', z.number(), '', /must be a number, not ""/],
    ['a wrong word of a union', durationOrNone, 'never', /must be a duration .* or "none", not "never"/],
    ['an unquoted text for anything', z.unknown(), 'text', /must be JSON, .*, not "text"/],
  ];
  for (const [title, schema, word, message] of refused) {
    it(`refuses ${title}`, () => {
      expect(refusalOf(() => bindOne(schema, word)).message).to.match(message);
    });
  }

  it('truncates and escapes an argument in its message', () => {
    const refusal = refusalOf(() => bindOne(z.number(), `\u001b[2J${'x'.repeat(10_000)}`));
    expect(refusal.message.length).to.be.below(200);
    expect(refusal.message).to.contain('\\u001b[2J');
  });

  it('returns any text unchanged after --', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(bindOne(z.string(), '--', text)).to.equal(text);
      }),
    );
  });

  it('reads the same from argv as from values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1 }),
        fc.boolean(),
        fc.array(fc.integer(), { minLength: 1 }),
        (size, keep, luns) => {
          const list = [
            'n',
            'i',
            '--size',
            String(size),
            `--keep-disk=${String(keep)}`,
            `--luns=${luns.join(',')}`,
          ];
          expect(provision.bindArgv(list)).to.deep.equal(
            provision.bindValues(['n', 'i', { sizeBytes: size, keepDisk: keep, luns }]),
          );
        },
      ),
    );
  });

  it('fails only with errors about arguments, whatever the argv', () => {
    const flag = fc.constantFrom(
      '--',
      '--size',
      '--luns=',
      '--labels',
      '--no-verify',
      '--__proto__',
      '--no-',
      '--=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(flag, fc.string({ unit: 'binary' })), { maxLength: 8 }), (words) => {
        let refusal: unknown;
        try {
          expect(provision.bindArgv(words)).to.have.length(4);
        } catch (error) {
          refusal = error;
        }
        expect(refusal === undefined || refusalOf(() => raise(refusal)).code === 'INVALID_ARGUMENT').to.equal(
          true,
        );
      }),
    );
  });
});

function raise(error: unknown): never {
  throw error;
}
