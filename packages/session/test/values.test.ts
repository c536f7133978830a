import { expect } from 'chai';
import { Readable } from 'node:stream';
import { z } from 'zod';

import { coreError, type SignaturesOf } from '@patchbay/objects';
import { arg, callback, defineObject, method, objectOf, streamOf } from '@patchbay/objects/define';
import { RecordingLog, refusal } from '@patchbay/objects/testing';

import type { ObjectClient, RemoteObject } from '../src/client/index.js';
import { connectInMemory } from '../src/memory/index.js';

/** What the methods give, by its place in the test's table. */
let given: unknown;

const any = z.unknown();
const leaf = defineObject({
  summary: 'A leaf',
  methods: { name: method({ summary: 'Return the name', returns: z.string(), run: () => 'leaf' }) },
});
const mirror = defineObject({
  summary: 'A mirror',
  methods: {
    echo: method({
      summary: 'Return a value',
      args: [arg('value', any, 'any')],
      returns: any,
      run: (value) => value,
    }),
    option: method({
      summary: 'Return an option',
      options: { value: any.describe('any') },
      returns: any,
      run: ({ value }) => value,
    }),
    give: method({ summary: 'Return what is given', returns: any, run: () => given }),
    yield: method({
      summary: 'Yield what is given',
      yields: z.array(any),
      returns: z.null(),
      run: async function* () {
        yield await Promise.resolve([given]);
        return null;
      },
    }),
    fail: method({
      summary: 'Fail with what is given',
      returns: z.null(),
      run: () => {
        throw coreError('NAME_INVALID', 'no', { details: { name: 'x', given } });
      },
    }),
    ask: method({
      summary: 'Return what the caller’s function returns for what is given',
      args: [arg('ask', callback([any, any.optional()], any), 'the function')],
      returns: any,
      run: (ask) => ask({ given }, undefined),
    }),
    call: method({
      summary: 'Return what the caller’s function returns',
      args: [arg('ask', callback([any.optional(), any.optional()], any), 'the function')],
      returns: any,
      run: (ask) => ask(undefined, undefined),
    }),
    last: method({
      summary: 'Return the last item of a stream',
      args: [arg('items', streamOf(any), 'the items')],
      returns: any,
      run: async (items) => {
        let last: unknown;
        for await (const item of items) {
          last = item;
        }
        return last;
      },
    }),
    object: method({
      summary: 'Return an object and what is given',
      returns: z.object({ object: objectOf<typeof leaf>(), given: any }),
      run: () => ({ object: leaf, given }),
    }),
    nullish: method({
      summary: 'Report how an argument arrived',
      args: [
        arg('first', z.string().nullable().default('default'), 'any'),
        arg('second', z.int().default(7), 'any'),
      ],
      returns: z.array(any),
      run: (first, second) => [first, second],
    }),
  },
});
type Mirror = SignaturesOf<typeof mirror>;

class Money {
  readonly #cents = 5;
  get cents(): number {
    return this.#cents;
  }
}
class Point {
  readonly x = 1;
  readonly y = 2;
  length(): number {
    return Math.hypot(this.x, this.y);
  }
}
function makeCycle(): unknown {
  const cycle: Record<string, unknown> = { name: 'a' };
  cycle.list = [cycle];
  return cycle;
}
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) {
    value = { a: value };
  }
  return value;
}
// eslint-disable-next-line no-sparse-arrays -- what it is about
const sparse = [1, , 3];
const throwing = {
  get size(): number {
    throw new Error('the secret of the getter');
  },
};

/** What cannot be carried, and what the error says of it. */
const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['NaN', NaN, /is NaN/],
  ['Infinity', Infinity, /is Infinity/],
  ['-Infinity', { size: -Infinity }, /\.size is -Infinity/],
  ['a Number object that is NaN', new Number(NaN), /is NaN/],
  ['a bigint', 1n, /is a BigInt/],
  ['a Map', new Map([[1, 2]]), /is a Map/],
  ['a Set', { a: { b: [new Set([1])] } }, /\.a\.b\[0\] is a Set/],
  ['a WeakMap', new WeakMap(), /is a WeakMap/],
  ['a WeakRef', new WeakRef({}), /is a WeakRef/],
  ['a RegExp', /x/, /is a RegExp/],
  ['an Error', new Error('no'), /is an Error/],
  ['an error of another class', { cause: new TypeError('no') }, /\.cause is an Error/],
  ['an AggregateError without a slot', Object.create(AggregateError.prototype), /is an Error/],
  ['an ArrayBuffer', new ArrayBuffer(2), /is an ArrayBuffer/],
  ['a SharedArrayBuffer', new SharedArrayBuffer(2), /is a SharedArrayBuffer/],
  ['a DataView', new DataView(new ArrayBuffer(2)), /is a DataView/],
  ['a typed array', new Float64Array(2), /is a Float64Array/],
  ['a clamped array', new Uint8ClampedArray(2), /is a Uint8ClampedArray/],
  ['a promise', { later: Promise.resolve(1) }, /\.later is a Promise.*await/],
  ['a symbol', Symbol('x'), /is a symbol/],
  ['an invalid Date', new Date(NaN), /is an invalid Date/],
  ['a toJSON that returns NaN', { toJSON: () => ({ deep: NaN }) }, /\.deep is NaN/],
  ['a toJSON that returns a Map', { toJSON: () => new Map() }, /is a Map/],
  ['a toJSON of a list that returns undefined', [{ toJSON: () => undefined }], /\[0\] is undefined/],
  ['undefined in a list', [1, undefined], /\[1\] is undefined in a list/],
  ['a list with a hole', { list: sparse }, /\.list\[1\] is undefined in a list/],
  ['a cycle', makeCycle(), /\.list\[0\] is part of itself/],
  ['a value nested too deeply', nested(300), /nested more than 200 levels/],
  ['URLSearchParams', new URLSearchParams('a=1'), /is a URLSearchParams/],
  ['headers', new Headers({ a: '1' }), /is a Headers/],
  ['a class whose state is private', new Money(), /is a Money/],
  ['a getter that throws', throwing, /\.size threw an error when it was read/],
  ['a key that is not an identifier', { 'a b': NaN }, /\["a b"\] is NaN/],
  ['bytes under a key that UTF-8 cannot represent', { '\ud800': Buffer.alloc(1) }, /under a key|is bytes/],
  ['NaN beside bytes', { size: NaN, data: Buffer.alloc(1) }, /\.size is NaN/],
  ['NaN below __proto__', JSON.parse('{"__proto__":{"a":1e999}}'), /\.__proto__\.a is Infinity/],
];

/** What can be carried, and what arrives. */
const carried: readonly (readonly [string, unknown, unknown])[] = [
  ['-0', [-0], [0]],
  [
    'the extremes of numbers',
    [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53],
    [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53],
  ],
  ['half of a surrogate pair', { '\ud800': ['\udc00'] }, { '\ud800': ['\udc00'] }],
  ['a Date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
  ['a URL', new URL('http://a/'), 'http://a/'],
  [
    'what toJSON makes of itself',
    { toJSON: () => ({ kept: 1, toJSON: 'a member' }) },
    { kept: 1, toJSON: 'a member' },
  ],
  ['bytes that toJSON returns', { toJSON: () => new Uint8Array([1]) }, Buffer.from([1])],
  ['a toJSON with its key', { key: { toJSON: (key: string) => key } }, { key: 'key' }],
  ['undefined members', { a: undefined, b: 1 }, { b: 1 }],
  ['a key __proto__', JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
  [
    'a key __proto__ beside bytes',
    [JSON.parse('{"__proto__":1}'), Buffer.from([1])],
    [JSON.parse('{"__proto__":1}'), Buffer.from([1])],
  ],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['an instance of a class', [new Point()], [{ x: 1, y: 2 }]],
  ['bytes at depth', { a: [{ b: new Uint8Array([1, 2]) }] }, { a: [{ b: Buffer.from([1, 2]) }] }],
  ['boxed primitives', [new Number(1), new String('a'), new Boolean(false)], [1, 'a', false]],
  ['a value as deep as allowed', nested(197), nested(197)],
  ['the same object twice', (() => { const one = { a: 1 }; return [one, one]; })(), [{ a: 1 }, { a: 1 }]], // prettier-ignore
];

type MirrorObject = RemoteObject<Mirror>;

/** How a value of the caller reaches the server, and what names its place. */
const toServer: Readonly<
  Record<string, readonly [(to: MirrorObject, value: unknown) => Promise<unknown>, string]>
> = {
  'an argument': [(to, value) => to.echo(value), 'arguments[0]'],
  'a part of an argument': [(to, value) => to.echo({ rows: [value] }), 'arguments[0].rows[0]'],
  'an option': [(to, value) => to.option({ value }), 'arguments[0].value'],
  'an argument of a one-way call': [(to, value) => to.with({ oneWay: true }).echo(value), 'arguments[0]'],
  'an item of a stream': [(to, value) => to.last(Readable.from([1, [value]])), "a stream's item[0]"],
  'the result of a function': [(to, value) => to.call(() => value), "the function's result"],
};

/** How a value of the server reaches the caller, and what names its place. */
const toCaller: Readonly<Record<string, readonly [(to: MirrorObject) => Promise<unknown>, string]>> = {
  'a result': [(to) => to.give(), "the method's result"],
  'an item': [firstItem, "the method's item[0]"],
  'an argument of a function': [
    (to) => to.ask((question) => (question as { given: unknown }).given),
    "the method's callback arguments[0].given",
  ],
};

async function firstItem(to: MirrorObject): Promise<unknown> {
  for await (const item of to.yield()) {
    return item[0];
  }
  return 'nothing';
}

describe('The values of calls', () => {
  const log = new RecordingLog();
  let client: ObjectClient;
  let to: MirrorObject;

  before(() => {
    client = connectInMemory({ mirror }, { server: { log } });
    to = client.proxy<Mirror>('mirror');
  });
  after(() => client.close());

  for (const [what, value, message] of refused) {
    it(`refuse ${what}, and name its place`, async () => {
      for (const [route, [send, place]] of Object.entries(toServer)) {
        const error = await refusal(send(to, value), 'ARGUMENT_INVALID');
        expect(error.message, route)
          .to.match(message)
          .and.to.satisfy((text: string) => text.startsWith(place));
      }
      given = value;
      for (const [route, [fetch, place]] of Object.entries(toCaller)) {
        const error = await refusal(fetch(to), 'RESULT_INVALID');
        expect(error.message, route)
          .to.match(message)
          .and.to.satisfy((text: string) => text.startsWith(place));
        expect(error.message).not.to.include('secret');
      }
      const failure = await refusal(to.fail(), 'NAME_INVALID');
      expect(failure.details).to.deep.equal({ name: 'x' });
      expect(failure.message)
        .to.match(/^no; details\.given/)
        .and.to.match(message);
    });
  }

  for (const [what, value, arrives] of carried) {
    it(`carry ${what}`, async () => {
      given = value;
      expect(await to.echo(value)).to.deep.equal(arrives);
      expect(await to.option({ value: [value] })).to.deep.equal([arrives]);
      expect(await to.last(Readable.from([[value]]))).to.deep.equal([arrives]);
      expect(await to.call(() => value)).to.deep.equal(arrives);
      for (const [fetch] of Object.values(toCaller)) {
        expect(await fetch(to)).to.deep.equal(arrives);
      }
    });
  }

  const unsendable: readonly (readonly [string, unknown, RegExp])[] = [
    ['a function', () => 1, /is a function/],
    ['a stream', Readable.from([1]), /is a stream/],
    ['a generator of items', { async *[Symbol.asyncIterator]() { yield await Promise.resolve(1); } }, /is a stream/], // prettier-ignore
    ['a remote object', connectInMemory({}).proxy('mirror'), /is a remote object/],
  ];
  for (const [what, value, message] of unsendable) {
    it(`refuse ${what} anywhere but among the arguments`, async () => {
      given = value;
      for (const send of ['an item of a stream', 'the result of a function'] as const) {
        expect((await refusal(toServer[send]![0](to, value), 'ARGUMENT_INVALID')).message).to.match(message);
      }
      for (const [fetch] of Object.values(toCaller)) {
        expect((await refusal(fetch(to), 'RESULT_INVALID')).message).to.match(message);
      }
      expect((await refusal(to.fail(), 'NAME_INVALID')).message).to.match(message);
    });
  }

  it('refuse an argument in a batch alone', async () => {
    const batch = client.batch();
    const mirrored = batch.proxy<Mirror>('mirror');
    mirrored.echo(NaN);
    mirrored.echo(1);
    const [refusedOne, other] = await batch.run();
    expect(refusedOne?.status === 'rejected' && refusedOne.reason.message).to.match(/^arguments\[0\] is NaN/);
    expect(other).to.include({ status: 'fulfilled', value: 1 });
  });

  it('refuse a remote object that its server did not return', async () => {
    expect((await refusal(to.echo(to), 'ARGUMENT_INVALID')).message).to.match(/is a remote object/);
  });

  it('keep the cause on the side that has it', async () => {
    const { cause, message } = await refusal(to.echo(throwing), 'ARGUMENT_INVALID');
    expect(message).to.include('the secret of the getter');
    expect(cause).to.have.property('message', 'the secret of the getter');
    given = throwing;
    await refusal(to.give(), 'RESULT_INVALID');
    expect(log.lines.at(-1)).to.nested.include({
      'fields.error.cause.message': 'the secret of the getter',
    });
  });

  it('name the place of a result to the server’s log too', async () => {
    given = { rows: [{ size: NaN }] };
    const { details } = await refusal(to.give(), 'RESULT_INVALID');
    expect(details).to.deep.equal({ path: ['rows', '0', 'size'] });
    expect(log.lines.at(-1)?.fields)
      .to.have.nested.property('error.message')
      .that.includes('.rows[0].size is NaN');
  });

  it('hand out no object with a result that is refused', async () => {
    given = NaN;
    await refusal(to.object(), 'RESULT_INVALID');
    given = 1;
    const { object } = await to.object();
    expect(await object.name()).to.equal('leaf');
  });

  it('leave an argument out that is undefined, at the end or before others', async () => {
    expect(await to.nullish(undefined)).to.deep.equal(['default', 7]);
    expect(await to.nullish('a', undefined)).to.deep.equal(['a', 7]);
    expect(await to.nullish('a')).to.deep.equal(['a', 7]);
    expect(await to.call((...args) => args.length)).to.equal(0);
  });
});
