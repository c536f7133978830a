import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { PreparedMethod } from '../../src/object/bind.js';
import { method } from '../../src/object/define.js';
import { describeMethod } from '../../src/object/describe.js';
import { type Hole, zerosOf } from '../../src/object/hole.js';
import { byteStream } from '../../src/object/streams.js';
import { refusal } from '../../src/testing/refusal.js';

/** Passes chunks to a stream of bytes, and returns what the method reads. */
async function read(schema: z.ZodType, chunks: readonly unknown[]): Promise<(Buffer | Hole)[]> {
  const [stream] = prepared(schema).bindValues([from(chunks)]) as [AsyncIterable<Buffer | Hole>];
  const found: (Buffer | Hole)[] = [];
  for await (const chunk of stream) {
    found.push(chunk);
  }
  return found;
}

const prepared = (schema: z.ZodType): PreparedMethod => new PreparedMethod('take', definition(schema));

function definition(schema: z.ZodType): ReturnType<typeof method> {
  return method({
    summary: 'Take',
    args: [arg('data', schema, 'the data')],
    returns: z.null(),
    run: () => null,
  });
}

async function* from(chunks: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
  for (const chunk of chunks) {
    yield await Promise.resolve(chunk);
  }
}

describe('byteStream', () => {
  it('passes holes on if the method takes them, and says so in its description', async () => {
    const schema = byteStream({ holes: true });
    expect(await read(schema, ['ab', { hole: 5 }])).to.deep.equal([Buffer.from('ab'), { hole: 5 }]);
    const { args } = describeMethod('take', definition(z.union([schema, z.string()])));
    expect(args[0]?.schema).to.have.nested.property('anyOf[0].holes', true);
  });

  for (const [what, chunk] of [
    ['no number', { hole: 'x' }],
    ['nothing', { hole: 0 }],
    ['less than nothing', { hole: -1 }],
    ['a part of a byte', { hole: 0.5 }],
    ['more than a safe integer', { hole: 2 ** 53 }],
    ['null', null],
  ] as const) {
    it(`refuses a hole of ${what}`, async () => {
      const refused = await refusal(read(byteStream({ holes: true }), [chunk]));
      expect(refused).to.have.property('reason', 'ARGUMENT_INVALID');
    });
  }

  it('refuses holes if the method takes none', async () => {
    const refused = await refusal(read(byteStream(), [{ hole: 5 }]));
    expect(refused).to.have.property('reason', 'ARGUMENT_INVALID');
  });
});

describe('zerosOf', () => {
  it('yields as many zeros as the hole stands for, in pieces', () => {
    const pieces = [...zerosOf({ hole: 600_000 })];
    expect(pieces.map(({ length }) => length)).to.deep.equal([262_144, 262_144, 75_712]);
    expect(Buffer.concat(pieces).equals(Buffer.alloc(600_000))).to.equal(true);
  });
});
