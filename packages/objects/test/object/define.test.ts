import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { bytesSchema } from '../../src/object/schemas.js';
import type { Call } from '../../src/call.js';
import type { CallContext } from '../../src/object/context.js';
import { defineObject, method, property } from '../../src/object/define.js';
import {
  isObjectDefinition,
  type MethodDefinition,
  type objectDefinition,
  type SignaturesOf,
} from '../../src/object/definition.js';
import type { Proxy } from '../../src/proxy.js';

const disks = defineObject({
  summary: 'Disks',
  methods: {
    provision: method({
      summary: 'Give a node a disk',
      args: [
        arg('node', z.string(), 'the node'),
        arg('image', z.string(), 'the image'),
        arg('snapshot', z.string().optional(), 'a snapshot'),
      ],
      options: { sizeBytes: bytesSchema().optional(), keep: z.boolean().default(false) },
      returns: z.object({ disk: z.string(), sizeBytes: z.int() }),
      run: (node, image, snapshot, options, context) => {
        const kinds: [string, string, string | undefined, number | undefined, boolean, CallContext] = [
          node,
          image,
          snapshot,
          options.sizeBytes,
          options.keep,
          context,
        ];
        return { disk: kinds[0], sizeBytes: 1 };
      },
    }),
    rename: method({
      summary: 'Rename a disk',
      args: [arg('from', z.string(), 'from'), arg('to', z.string().default('x'), 'to')],
      options: { owner: z.string() },
      returns: z.null(),
      run: () => Promise.resolve(null),
    }),
    importImage: method({
      summary: 'Import an image',
      args: [arg('path', z.string(), 'the path')],
      yields: z.object({ percent: z.number() }),
      returns: z.int(),
      run: async function* (path) {
        yield { percent: path.length };
        return Promise.resolve(3);
      },
    }),
    ping: method({ summary: 'Answer', returns: z.literal('pong'), run: () => 'pong' as const }),
  },
});

/** Compiled, never run: what the compiler accepts from a caller. */
export async function whatCallersMayWrite(remote: Proxy<SignaturesOf<typeof disks>>): Promise<void> {
  const disk: Call<{ disk: string; sizeBytes: number }> = remote.provision('node7', 'ubuntu');
  const { sizeBytes }: { sizeBytes: number } = await disk;
  await remote.provision('node7', 'ubuntu', 'before', { sizeBytes });
  await remote.provision('node7', 'ubuntu', { keep: true }); // an optional argument is skipped before the options
  await remote.rename('a', { owner: 'b' });
  await remote.rename('a', 'b', { owner: 'c' });
  for await (const step of remote.importImage('p')) {
    const percent: number = step.percent;
    await remote.ping().then((pong: 'pong') => pong + String(percent));
  }
  const three: number = await remote.importImage('p');

  // @ts-expect-error -- an argument is missing
  await remote.provision('node7');
  // @ts-expect-error -- an argument of another type
  await remote.provision('node7', three);
  // @ts-expect-error -- an unknown option
  await remote.provision('node7', 'ubuntu', { sizeByte: 1 });
  // @ts-expect-error -- a required option is missing
  await remote.rename('a', 'b');
  // @ts-expect-error -- one argument too many
  await remote.ping(1);
  // @ts-expect-error -- no such method
  remote.pong;
  for await (const item of remote.ping()) {
    const nothing: never = item; // a method that yields nothing
    throw new Error(nothing);
  }

  type Labelled = Parameters<typeof remote.importImage>;
  const labels: [path: string] = ['p'] satisfies Labelled;
  await remote.importImage(...labels);
}

/** Compiled, never run: a method whose `run` does not fit its schemas. */
export function whatMethodsMayNotDo(): void {
  // @ts-expect-error -- the result is not what the schema says
  method({ summary: 'Count', returns: z.int(), run: () => 'three' });
  method({
    summary: 'Count',
    yields: z.int(),
    returns: z.null(),
    // @ts-expect-error -- the items are not what the schema says
    run: async function* () {
      yield await Promise.resolve('one');
      return null;
    },
  });
}

const nothing = { summary: 'Do nothing', returns: z.null(), run: () => null };
const optional = z.string().optional();

describe('defineObject', () => {
  it('keeps the summary, the methods and what ends them', () => {
    expect(disks.summary).to.equal('Disks');
    expect(Object.keys(disks.methods)).to.deep.equal(['provision', 'rename', 'importImage', 'ping']);
    expect(disks.close).to.equal(undefined);
  });

  it('takes methods for not idempotent unless they say so', () => {
    expect(method(nothing).idempotent).to.equal(false);
    expect(method({ ...nothing, idempotent: true }).idempotent).to.equal(true);
  });

  const mistakes: readonly (readonly [string, Record<string, MethodDefinition>, RegExp])[] = [
    ['a method named like a promise', { then: method(nothing) }, /"then"/],
    ['a method named "with"', { with: method(nothing) }, /"with"/],
    ['a method with a dash in its name', { 'list-all': method(nothing) }, /"list-all"/],
    ['a method without a name', { '': method(nothing) }, /""/],
    [
      'two arguments of one name',
      { copy: method({ ...nothing, args: [arg('a', z.string(), ''), arg('a', z.string(), '')] }) },
      /copy has two arguments named "a"/,
    ],
    [
      'an option named like an argument',
      { copy: method({ ...nothing, args: [arg('a', z.string(), '')], options: { a: z.string() } }) },
      /copy has two arguments named "a"/,
    ],
    [
      'a required argument after an optional one',
      { copy: method({ ...nothing, args: [arg('a', optional, ''), arg('b', z.string(), '')] }) },
      /required argument "b" follows an optional one/,
    ],
    [
      'an optional argument that could be the options',
      {
        copy: method({
          ...nothing,
          args: [arg('a', z.record(z.string(), z.string()).optional(), '')],
          options: { b: optional },
        }),
      },
      /"a" could be mistaken for the options/,
    ],
  ];
  const size = property(z.int(), () => 1);
  const wrongProperties: readonly (readonly [string, Parameters<typeof defineObject>[0], RegExp])[] = [
    [
      'a property named like a method',
      { summary: 'Wrong', methods: { size: method(nothing) }, properties: { size } },
      /"size" is both a method and a property/,
    ],
    [
      'a property named like a promise',
      { summary: 'Wrong', methods: {}, properties: { then: size } },
      /"then" is not a valid property name/,
    ],
    [
      'a method among the properties',
      // @ts-expect-error -- a method is no property
      { summary: 'Wrong', methods: {}, properties: { size: method(nothing) } },
      /the property "size" must be made by property\(\)/,
    ],
    [
      'a property among the methods',
      { summary: 'Wrong', methods: { size } },
      /"size" is a property, and belongs into properties, not methods/,
    ],
    [
      'a level of access of a method that does not exist',
      // @ts-expect-error -- a misspelt level
      { summary: 'Wrong', methods: { look: method({ ...nothing, access: 'operat' }) } },
      /access of method look must be one of open, member, view, operate, administer, not operat/,
    ],
    [
      'a level of access of a property that does not exist',
      // @ts-expect-error -- no level
      { summary: 'Wrong', methods: {}, properties: { size: property(z.int(), () => 1, { access: 1 }) } },
      /access of property size must be one of open, member, view, operate, administer, not 1/,
    ],
    [
      'a policy of jobs that is none',
      { summary: 'Wrong', methods: { late: method({ ...nothing, job: { retries: -1 } }) } },
      /job of method late is no policy: job.retries: /,
    ],
    [
      'a deprecation of two lines',
      { summary: 'Wrong', methods: { old: method({ ...nothing, deprecated: 'a\nb' }) } },
      /deprecated of method old must be one line of text/,
    ],
    [
      'a deprecation without a text',
      { summary: 'Wrong', methods: {}, deprecated: '' },
      /deprecated of the object must be one line of text; it is empty/,
    ],
  ];
  for (const [what, shape, message] of wrongProperties) {
    it(`refuses ${what}`, () => {
      expect(() => defineObject(shape)).to.throw(TypeError, message);
    });
  }

  for (const [what, methods, message] of mistakes) {
    it(`refuses ${what}`, () => {
      expect(() => defineObject({ summary: 'Wrong', methods })).to.throw(TypeError, message);
    });
  }
});

describe('isObjectDefinition', () => {
  it('knows what defineObject made', () => {
    expect(isObjectDefinition(disks)).to.be.true;
  });

  it('knows what defineObject of another copy of the library made', async () => {
    const copy = new URL('../../src/object/definition.js?copy', import.meta.url).href;
    const other = (await import(copy)) as { objectDefinition: typeof objectDefinition };
    expect(isObjectDefinition(other.objectDefinition({ ...disks }))).to.be.true;
  });

  const others: [string, unknown][] = [
    ['an object that looks alike', { summary: 'Disks', methods: disks.methods }],
    ['a copy, whose methods may be others', { ...disks, methods: {} }],
    ['null', null],
    ['a function', () => disks],
  ];
  for (const [name, other] of others) {
    it(`does not take ${name} for one`, () => {
      expect(isObjectDefinition(other)).to.be.false;
    });
  }
});
