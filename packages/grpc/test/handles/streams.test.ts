import { expect } from 'chai';
import { Readable } from 'node:stream';

import { eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

import { connectTo } from '../../src/client/grpc-transport.js';
import { type SampleServer, startSample } from '../sample.js';
import { makeWorkshop, type Workshop } from './workshop.js';

describe('streams among the arguments', function () {
  this.timeout(30_000);
  let server: SampleServer;
  let client: ObjectClient;
  let workshop: RemoteObject<Workshop>;

  beforeEach(async () => {
    server = await startSample({
      objects: { workshop: makeWorkshop({ made: [], released: [], calls: [] }) },
    });
    client = connectTo(server.address);
    workshop = client.proxy<Workshop>('workshop');
  });

  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const mebibyte = 1024 * 1024;
  const sources: readonly (readonly [
    string,
    () => AsyncIterable<Uint8Array | string> | Uint8Array,
    number,
  ])[] = [
    ['an async generator', () => zeros(20, mebibyte), 20 * mebibyte],
    ['a Node stream', () => Readable.from(zeros(3, 1000)), 3000],
    ['a web stream', () => new Blob(['x'.repeat(500_000)]).stream(), 500_000],
    ['texts', () => Readable.from(['a\u00e4', 'b']), 4],
    ['bytes at once', () => new Uint8Array(10), 10],
    ['nothing', () => zeros(0, 0), 0],
    ['empty pieces', () => zeros(4, 0), 0],
  ];
  for (const [what, source, bytes] of sources) {
    it(`takes ${what}`, async () => {
      expect(await workshop.size(source())).to.equal(bytes);
    });
  }

  it('flow both ways at once, each item as it arrives', async () => {
    const said: string[] = [];
    const words = (async function* () {
      yield 'one';
      await eventually(() => said.length === 1); // the answer to the first word, before the second is sent
      yield 'two';
    })();
    const call = workshop.shout(words);
    for await (const item of call) {
      said.push(item);
    }
    expect(said).to.deep.equal(['ONE', 'TWO']);
    expect(await call).to.equal(2);
  });

  it('may be several', async () => {
    const odd = Readable.from([1, 3, 5]);
    expect(await workshop.mix(odd, Readable.from([2, 4]))).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('are read from their source no faster than by the method', async () => {
    let given = 0;
    const source = (async function* () {
      for (; given < 200; given++) {
        await Promise.resolve();
        yield Buffer.alloc(64 * 1024);
      }
    })();
    const call = workshop.size(source, { slowMs: 20 });
    const other = client.proxy<{ echo: { args: [unknown]; result: unknown; item: never } }>('sample');
    for (let round = 0; round < 10; round++) {
      await other.echo(round); // the session still carries other calls
    }
    expect(given).to.be.below(60); // the window, what is in flight, and what was read meanwhile
    call.cancel();
  });

  it('stop when the method has read enough', async () => {
    let left = false;
    const source = (async function* () {
      try {
        for (;;) {
          await Promise.resolve();
          yield Buffer.from([7, 8]);
        }
      } finally {
        left = true;
      }
    })();
    expect(await workshop.firstByte(source)).to.equal(7);
    await eventually(() => left);
  });

  it('stop when the method does not read them at all', async () => {
    let left = false;
    const source = (async function* () {
      try {
        for (;;) {
          await Promise.resolve();
          yield Buffer.alloc(100_000);
        }
      } finally {
        left = true;
      }
    })();
    expect(await workshop.ignore(source)).to.equal(null);
    await eventually(() => left);
  });

  it('fail their call when their source fails', async () => {
    const source = (async function* () {
      yield Buffer.alloc(10);
      await Promise.resolve();
      throw new Error('the disk is gone');
    })();
    const error = await refusal(workshop.size(source));
    expect(error).to.include({ code: 'ABORTED', reason: 'STREAM_FAILED' });
    expect(error.message).to.contain('the disk is gone').and.contain('workshop.size');
    await eventually(() => server.dispatcher.running === 0);
  });

  it('fail a call that was not sent when they cannot be opened', async () => {
    const locked = new Blob(['x']).stream();
    locked.getReader();
    const other = Readable.from(['a']);
    const error = await refusal(workshop.mix(other, locked as never), 'ARGUMENT_INVALID');
    expect(error.message).to.match(/^stream 2 among the arguments of workshop\.mix cannot be read: .*locked/);
    expect(error.cause).to.be.instanceOf(TypeError);
    expect(error.message).not.to.include('log');
    expect(server.log.lines).to.deep.equal([]);
    expect(await workshop.size(Readable.from(['still works']))).to.equal(11);
  });

  it('fail the call when an item does not match the schema', async () => {
    const error = await refusal(workshop.shout(Readable.from(['fine', 'much too long a word'])));
    expect(error.reason).to.equal('ARGUMENT_INVALID');
    expect(error.message).to.contain('item 1');
  });

  it('are refused where a method takes none, and other values where it takes one', async () => {
    const wrong = workshop as unknown as {
      node(name: unknown): Promise<unknown>;
      size(data: unknown): Promise<unknown>;
    };
    expect((await refusal(wrong.node(zeros(1, 1)))).reason).to.equal('ARGUMENT_INVALID');
    expect((await refusal(wrong.size('text'))).reason).to.equal('ARGUMENT_INVALID');
  });

  it('end with a cancelled call on both sides', async () => {
    let left = false;
    const source = (async function* () {
      try {
        for (;;) {
          await new Promise(setImmediate);
          yield Buffer.alloc(1000);
        }
      } finally {
        left = true;
      }
    })();
    const call = workshop.size(source);
    await eventually(() => server.dispatcher.running === 1);
    call.cancel();
    expect((await refusal(call)).reason).to.equal('CALL_CANCELLED');
    await eventually(() => left && server.dispatcher.running === 0);
  });

  it('are never sent twice: the call fails when its connection is lost, idempotent or not', async () => {
    const call = workshop.size(zeros(1000, mebibyte), { slowMs: 5 });
    const rejected = refusal(call);
    await eventually(() => server.dispatcher.running === 1);
    await server[Symbol.asyncDispose]();
    const error = await rejected;
    expect(error.code).to.equal('UNAVAILABLE');
  });
});

async function* zeros(count: number, bytes: number): AsyncGenerator<Buffer, void, undefined> {
  for (let index = 0; index < count; index++) {
    await Promise.resolve();
    yield Buffer.alloc(bytes);
  }
}
