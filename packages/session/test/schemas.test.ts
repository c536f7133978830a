import { expect } from 'chai';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';

import { silentLog, type SignaturesOf } from '@patchbay/objects';
import {
  arg,
  byteStream,
  callback,
  defineObject,
  describeMethod,
  method,
  property,
  streamOf,
} from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { connectInMemory } from '../src/memory/index.js';

const moment = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const big = z.codec(z.string().regex(/^\d+$/), z.bigint(), { decode: BigInt, encode: String });
const counts = z.codec(z.record(z.string(), z.int()), z.map(z.string(), z.int()), {
  decode: (object) => new Map(Object.entries(object)),
  encode: (map) => Object.fromEntries(map),
});

/** Defines an object with a schema in one place of one method. */
const places: Readonly<Record<string, (schema: z.ZodType) => unknown>> = {
  'argument "x"': (schema) => define({ args: [arg('x', schema, 'any')], returns: z.null(), run: () => null }),
  'option "x"': (schema) =>
    define({ options: { x: schema.describe('any') }, returns: z.null(), run: () => null }),
  'the result': (schema) => define({ returns: schema, run: () => null }),
  'an item': (schema) => define({ yields: schema, returns: z.null(), run: () => null }),
};
function define(shape: object): unknown {
  const use = method({ summary: 'Use a schema', ...shape } as never);
  return defineObject({ summary: 'An object', methods: { use } });
}

/** Schemas whose values cannot be carried, and what the error says of them. */
const impossible: readonly (readonly [string, z.ZodType, RegExp])[] = [
  ['z.date()', z.date(), /is z\.date\(\), which cannot be carried; use timestampSchema/],
  ['z.map()', z.map(z.string(), z.int()), /z\.map\(\)/],
  ['z.set()', z.set(z.string()), /z\.set\(\)/],
  ['z.bigint()', z.bigint(), /z\.bigint\(\)/],
  ['z.int64()', z.int64(), /z\.bigint\(\)/],
  ['z.nan()', z.nan(), /z\.nan\(\)/],
  ['z.symbol()', z.symbol(), /z\.symbol\(\)/],
  ['z.file()', z.file(), /z\.file\(\)/],
  ['z.function()', z.function(), /z\.function\(\)/],
  ['z.instanceof()', z.instanceof(URL), /z\.instanceof\(URL\)/],
  ['z.instanceof() with a description', z.instanceof(Map).describe('a map'), /z\.instanceof\(Map\)/],
  ['a bigint literal', z.literal(1n), /the literal 1/],
  ['an infinite literal', z.literal(['a', -Infinity] as never), /the literal -Infinity/],
  ['z.promise()', z.promise(z.string()), /asynchronously/],
  ['an asynchronous refinement', z.string().refine(async () => Promise.resolve(true)), /asynchronously/],
  [
    'an asynchronous transform',
    z.string().transform(async (text) => Promise.resolve(text)),
    /asynchronously/,
  ],
  [
    'an asynchronous codec',
    z.codec(z.string(), z.string(), { decode: async (a) => Promise.resolve(a), encode: (b) => b }),
    /asynchronously/,
  ],
  ['a codec of a date as it travels', z.codec(z.date(), z.string(), { decode: String, encode: (s) => new Date(s) }), /z\.date\(\)/], // prettier-ignore
  ['zod 3', z3.string() as unknown as z.ZodType, /has a schema of zod 3; make it with the z/],
  ['zod/mini', mini.string() as unknown as z.ZodType, /has a schema of zod\/mini; make it with the z/],
  ['no schema', { type: 'string' } as unknown as z.ZodType, /has no schema/],
];

/** What a schema may be within, and the place that the error names. */
const wrappers: readonly (readonly [string, (inner: z.ZodType) => z.ZodType, string])[] = [
  ['an object', (inner) => z.object({ rows: z.array(z.object({ at: inner })) }), 'rows[].at'],
  ['an optional', (inner) => z.object({ at: inner.optional() }), 'at'],
  ['a union', (inner) => z.array(z.union([z.string(), inner])), '[]'],
  ['a tuple', (inner) => z.tuple([z.string(), inner]), '[1]'],
  ['a record', (inner) => z.record(z.string(), inner), '*'],
  ['an intersection', (inner) => z.intersection(z.looseObject({}), z.object({ at: inner })), 'at'],
  ['a lazy schema', (inner) => z.object({ at: z.lazy(() => inner) }), 'at'],
  ['a readonly default', (inner) => z.object({ at: inner.readonly().default(null as never) }), 'at'],
  ['a catchall', (inner) => z.object({}).catchall(inner), '*'],
  [
    'a recursive schema',
    (inner) => {
      const tree: z.ZodType = z.object({ at: inner, children: z.array(z.lazy(() => tree)) });
      return tree;
    },
    'at',
  ],
];

const schemas = defineObject({
  summary: 'Schemas that can be carried',
  properties: { since: property(moment, () => new Date(0)) },
  methods: {
    later: method({
      summary: 'Return the next day',
      args: [arg('at', moment, 'a time')],
      options: { by: moment.optional().describe('a time') },
      returns: z.object({ at: moment, days: z.array(big).default([]), counts }),
      run: (at, { by }) => ({
        at: new Date((by ?? at).getTime() + 86_400_000),
        days: [1n],
        counts: new Map([['a', 1]]),
        dropped: 1,
      }),
    }),
    days: method({
      summary: 'Yield days',
      yields: moment.nullable(),
      returns: z.stringbool(),
      run: async function* () {
        yield new Date(0);
        yield await Promise.resolve(null);
        return true;
      },
    }),
    ask: method({
      summary: 'Ask the caller',
      args: [arg('ask', callback([moment], big), 'the function')],
      returns: z.string(),
      run: async (ask) => String((await ask(new Date(0))) + 1n),
    }),
    last: method({
      summary: 'Return the last of a stream',
      args: [arg('items', streamOf(moment), 'the items')],
      returns: z.number(),
      run: async (items) => {
        let last = 0;
        for await (const item of items) {
          last = item.getTime();
        }
        return last;
      },
    }),
    lenient: method({
      summary: 'Return what lenient schemas made of the arguments',
      args: [
        arg('at', z.coerce.date(), 'a time'),
        arg('size', z.coerce.bigint(), 'a size'),
        arg(
          'url',
          z.string().transform((text) => new URL(text)),
          'a URL',
        ),
        arg(
          'text',
          z.preprocess((value) => new Set(String(value)), z.set(z.string())),
          'a text',
        ),
      ],
      returns: z.array(z.string()),
      run: (at, size, url, text) => [at.toISOString(), String(size), [...text].join(), url.host],
    }),
    wrong: method({
      summary: 'Return what its schema does not allow',
      returns: z.object({ at: moment }),
      run: () => ({ at: 'a text' as unknown as Date }),
    }),
    defaults: method({
      summary: 'Return defaults',
      returns: z.object({ a: z.int().default(1), b: z.string().transform((text) => text.length) }),
      run: () => ({ b: 'text' }),
    }),
    bytes: method({
      summary: 'Return bytes',
      returns: z.instanceof(Uint8Array),
      run: () => Buffer.from([1]),
    }),
    nothing: method({ summary: 'Return nothing', returns: z.void(), run: () => undefined }),
    hidden: method({
      summary: 'Check asynchronously, in a way that no schema shows',
      args: [
        arg(
          'text',
          z.string().superRefine(() => Promise.resolve()),
          'any',
        ),
      ],
      returns: z.null(),
      run: () => null,
    }),
  },
});
type Schemas = SignaturesOf<typeof schemas>;

describe('A schema', () => {
  for (const [what, schema, message] of impossible) {
    for (const [place, defines] of Object.entries(places)) {
      if (place !== 'option "x"' || 'describe' in schema) {
        it(`is refused at its definition: ${what} as ${place}`, () => {
          expect(() => defines(schema)).to.throw(TypeError, message).and.to.have.property('message').that.satisfies((text: string) => text.startsWith(`method use: ${place} `)); // prettier-ignore
        });
      }
    }
  }

  for (const [what, wrap, path] of wrappers) {
    it(`is refused within ${what}, and its place named`, () => {
      for (const [place, defines] of Object.entries(places)) {
        expect(() => defines(wrap(z.date()))).to.throw(
          TypeError,
          `method use: ${place}, at ${path} is z.date()`,
        );
      }
    });
  }

  it('is refused in functions and streams, and their places named', () => {
    const define = places['argument "x"']!;
    const at = z.object({ at: z.date() });
    const start = 'method use: argument "x", ';
    expect(() => define(callback([z.null(), at], z.null()))).to.throw(
      TypeError,
      `${start}argument 2 of the function, at at is`,
    );
    expect(() => define(callback([], at))).to.throw(
      TypeError,
      `${start}the result of the function, at at is`,
    );
    expect(() => define(streamOf(at).optional())).to.throw(
      TypeError,
      `${start}an item of the stream, at at is`,
    );
    expect(() => callback([z3.string() as never], z.null())).to.throw(TypeError, 'zod 3');
    expect(() => streamOf(mini.string() as never)).to.throw(TypeError, 'zod/mini');
  });

  it('is refused as a result that is a stream or a function', () => {
    const define = places['the result']!;
    expect(() => define(byteStream())).to.throw(
      TypeError,
      'the result is a stream, which only an argument can be',
    );
    expect(() => define(z.object({ f: callback([], z.null()) }))).to.throw(TypeError, 'at f is a function');
  });

  it('is refused as a result with a codec and what goes one way only', () => {
    const mixed = z.object({ at: moment, size: z.string().transform(Number) });
    expect(() => places['the result']!(mixed)).to.throw(
      TypeError,
      'at size has a z.transform() beside a z.codec',
    );
    expect(() => places['argument "x"']!(mixed)).not.to.throw();
  });

  it('is refused as a property, by its name', () => {
    const broken = { summary: 'No', methods: {}, properties: { at: property(z.date(), () => new Date()) } };
    expect(() => defineObject(broken)).to.throw(TypeError, 'property at: the result is z.date()');
  });

  it('that is a codec decodes arguments, and encodes results, items and properties', async () => {
    await using client = connectInMemory({ schemas }, { server: { log: silentLog } });
    const to = client.proxy<Schemas>('schemas');
    const day = '1970-01-02T00:00:00.000Z';
    const expected = { at: day, days: ['1'], counts: { a: 1 } };
    const later: { at: string; days?: string[] | undefined; counts: Record<string, number> } =
      await to.later('1970-01-01T00:00:00.000Z');
    expect(later).to.deep.equal(expected);
    expect(await to.later('2026-01-01T00:00:00Z', { by: '1970-01-01T00:00:00Z' })).to.deep.equal(expected);
    expect((await refusal(to.later('yesterday'))).reason).to.equal('ARGUMENT_INVALID');
    const items: (string | null)[] = [];
    const days = to.days();
    for await (const item of days) {
      items.push(item);
    }
    expect(items).to.deep.equal(['1970-01-01T00:00:00.000Z', null]);
    expect(await days).to.equal('true');
    const since: string = await to.since;
    expect(since).to.equal('1970-01-01T00:00:00.000Z');
    expect(await to.ask((at: string) => String(new Date(at).getTime() + 1))).to.equal('2');
    expect(await to.last([day])).to.equal(86_400_000);
    expect((await refusal(to.wrong())).reason).to.equal('RESULT_INVALID');
  });

  it('that is a codec is described as what travels', () => {
    const { args, returns, yields } = describeMethod('later', schemas.methods.later);
    expect(args[0]?.schema).to.include({ type: 'string', format: 'date-time' });
    expect(returns.properties).to.have.nested.property('at.format', 'date-time');
    expect(yields).to.equal(undefined);
  });

  it('that is a codec checks the result of an interceptor, which has the form that travels', async () => {
    const interceptor = async (_call: unknown, next: () => Promise<unknown>): Promise<unknown> => ({
      ...((await next()) as object),
      at: '1980-01-01T00:00:00.000Z',
    });
    await using client = connectInMemory({ schemas }, { server: { interceptors: [interceptor] } });
    const result = await client.proxy<Schemas>('schemas').later('1970-01-01T00:00:00.000Z');
    expect(result.at).to.equal('1980-01-01T00:00:00.000Z');
  });

  it('that makes of JSON what JSON is not can be an argument', async () => {
    await using client = connectInMemory({ schemas }, { server: { log: silentLog } });
    const to = client.proxy<Schemas>('schemas');
    const day = '1970-01-02T00:00:00.000Z';
    expect(await to.lenient(new Date(day), '12', 'http://host/', 'ab')).to.deep.equal([
      day,
      '12',
      'a,b',
      'host',
    ]);
  });

  it('without a codec is parsed in results, as before', async () => {
    await using client = connectInMemory({ schemas }, { server: { log: silentLog } });
    const to = client.proxy<Schemas>('schemas');
    const { a, b }: { a: number; b: number } = await to.defaults();
    expect([a, b]).to.deep.equal([1, 4]);
    expect(await to.bytes()).to.deep.equal(Buffer.from([1]));
    const [nothing] = await client.batch((batch) => [batch.proxy<Schemas>('schemas').nothing()]);
    expect(nothing).to.include({ status: 'fulfilled', value: undefined });
  });

  it('that is asynchronous in a way that only a call shows fails it with a clear error', async () => {
    await using client = connectInMemory({ schemas }, { server: { log: silentLog } });
    const error = await refusal(client.proxy<Schemas>('schemas').hidden('text'), 'SCHEMA_ASYNCHRONOUS');
    expect(error.message).to.include('schemas.hidden has a schema that is asynchronous');
    const hidden = z.any().superRefine(() => Promise.resolve());
    const refused = 'argument "x" is checked asynchronously';
    expect(() => places['argument "x"']!(hidden)).to.throw(TypeError, refused);
  });

  it('may refer to a schema that is declared further below', () => {
    const shape = { returns: z.lazy((): z.ZodType => below), run: () => 1 };
    expect(() => define(shape)).not.to.throw();
    const below = z.int();
  });
});
