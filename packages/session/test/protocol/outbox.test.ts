import { expect } from 'chai';
import fc from 'fast-check';

import { noMetadata } from '@patchbay/objects';
import { collectGarbage, eventually, refusalOf } from '@patchbay/objects/testing';

import { encodeFrame } from '../../src/protocol/encode-frames.js';
import type { Frame } from '../../src/protocol/frame.js';
import { Inbox } from '../../src/protocol/inbox.js';
import { messageBytes, Outbox } from '../../src/protocol/outbox.js';
import { anyFrame } from '../../src/testing/any-frame.js';

const large = fc
  .record({ call: fc.nat(), byte: fc.nat(255), length: fc.integer({ min: 1, max: 3 * messageBytes }) })
  .map(({ call, byte, length }): Frame => result(call, Buffer.alloc(length, byte)));
const wholeFrame = fc.oneof(
  { weight: 4, arbitrary: anyFrame.filter(({ kind }) => kind !== 'chunk') },
  { weight: 1, arbitrary: large },
);

describe('an outbox and the inbox at the other end', () => {
  it('carry any frames in their order, however large they are', () => {
    fc.assert(
      fc.property(fc.array(wholeFrame, { maxLength: 12 }), (frames) => {
        const inbox = new Inbox(4 * messageBytes);
        const got = messagesOf(frames).flatMap((message) => inbox.receive(message));
        expect(got).to.deep.equal(frames);
      }),
      { numRuns: 60 },
    );
  });

  it('carry more short frames than are encoded together, with others among them', () => {
    const frames = Array.from({ length: 500 }, (_, call): Frame =>
      call % 70 === 69
        ? result(call, Buffer.alloc(10))
        : {
            kind: 'result',
            call,
            value: { json: `"${'é'.repeat(call)}"`, attachments: [] },
            metadata: noMetadata,
          },
    );
    const inbox = new Inbox(messageBytes);
    expect(messagesOf(frames).flatMap((message) => inbox.receive(message))).to.deep.equal(frames);
  });

  it('reassemble large frames whose parts arrive interleaved', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(large, { minLength: 2, maxLength: 4, selector: callOf }),
        fc.infiniteStream(fc.nat()),
        (frames, picks) => {
          const inbox = new Inbox(4 * messageBytes);
          const lanes = frames.map((frame, number) => partsOf(frame, number));
          const got: Frame[] = [];
          while (lanes.some((lane) => lane.length > 0)) {
            const waiting = lanes.filter((lane) => lane.length > 0);
            const lane = waiting[(picks.next().value ?? 0) % waiting.length]!;
            got.push(...inbox.receive(framed([lane.shift()!])));
          }
          expect(got.sort((a, b) => callOf(a) - callOf(b))).to.deep.equal(
            [...frames].sort((a, b) => callOf(a) - callOf(b)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('an outbox', () => {
  it('writes the frames of one turn of the event loop in one message', async () => {
    const messages: Buffer[] = [];
    const outbox = new Outbox((message) => messages.push(message));
    await Promise.resolve(); // as after an answer that many callers awaited
    for (let call = 0; call < 500; call++) {
      outbox.send({ kind: 'cancel', call });
      await Promise.resolve(); // still the same turn
    }
    await nextTurn();
    expect(messages).to.have.length(1);
  });

  it('does not wait for the end of the turn with many short frames, so that the other side can start', async () => {
    const messages: Buffer[] = [];
    const outbox = new Outbox((message) => messages.push(message));
    for (let call = 0; call < 64; call++) {
      outbox.send(shortResult(call));
    }
    expect(messages).to.have.length(2);
    await nextTurn();
    expect(messages).to.have.length(2);
  });

  it('keeps any number of frames that wait for each other, and writes them in one message', async () => {
    const messages: Buffer[] = [];
    const outbox = new Outbox((message) => messages.push(message));
    for (let call = 0; call < 100; call++) {
      outbox.send(shortResult(call), true);
    }
    expect(messages).to.have.length(0);
    await nextTurn();
    expect(messages).to.have.length(1);
    expect(new Inbox(1_000).receive(messages[0]!)).to.have.length(100);
  });

  it('caps its messages, so that small calls do not wait for a large one', () => {
    const frames = Array.from({ length: 40 }, (_, call) => result(call, Buffer.alloc(100_000)));
    for (const message of messagesOf([...frames, result(99, Buffer.alloc(1_000_000))])) {
      expect(message.length).to.be.at.most(messageBytes + 64);
    }
  });

  it('writes at once when it is flushed, and nothing twice', async () => {
    const messages: Buffer[] = [];
    const outbox = new Outbox((message) => messages.push(message));
    outbox.send({ kind: 'cancel', call: 1 });
    outbox.flush();
    await nextTurn();
    expect(messages).to.have.length(1);
  });

  it('refuses a frame that the other side would not accept, and sends the next', () => {
    const messages: Buffer[] = [];
    const outbox = new Outbox((message) => messages.push(message));
    outbox.peerMaxFrameBytes = 300_000;
    const refusal = refusalOf(() => {
      outbox.send(result(1, Buffer.alloc(400_000)));
    });
    expect(refusal.reason).to.equal('MESSAGE_TOO_LARGE');
    outbox.send({ kind: 'cancel', call: 2 });
    outbox.flush();
    expect(messages.flatMap((message) => new Inbox(1_000).receive(message))).to.deep.equal([
      { kind: 'cancel', call: 2 },
    ]);
  });
});

describe('an inbox', () => {
  it('refuses a frame above its limit by its first chunk', () => {
    const first = chunk(1, 10, 1_001);
    expect(refusalOf(() => new Inbox(1_000).receive(framed([first]))).reason).to.equal('MESSAGE_TOO_LARGE');
  });

  it('refuses to hold more unfinished frames than four times its limit', () => {
    const inbox = new Inbox(1_000);
    for (let number = 1; number <= 4; number++) {
      inbox.receive(framed([chunk(number, 1, 1_000)]));
    }
    expect(refusalOf(() => inbox.receive(framed([chunk(5, 1, 1_000)]))).reason).to.equal('MESSAGE_TOO_LARGE');
  });

  it('accepts further large frames once the earlier ones are complete', () => {
    const inbox = new Inbox(messageBytes * 2);
    for (let turn = 0; turn < 20; turn++) {
      const frame = result(turn, Buffer.alloc(messageBytes + 1_000));
      const got = partsOf(frame, turn).flatMap((part) => inbox.receive(framed([part])));
      expect(got).to.deep.equal([frame]);
    }
  });

  it('refuses a chunk whose first one never came', () => {
    expect(refusalOf(() => new Inbox(1_000).receive(framed([chunk(1, 10, 0)]))).reason).to.equal(
      'MESSAGE_MALFORMED',
    );
  });

  it('refuses chunks that exceed their frame', () => {
    const inbox = new Inbox(1_000);
    inbox.receive(framed([chunk(1, 10, 15)]));
    expect(refusalOf(() => inbox.receive(framed([chunk(1, 10, 0)]))).reason).to.equal('MESSAGE_MALFORMED');
  });

  it('allocates no more memory for a frame in many small chunks than its size', async () => {
    const inbox = new Inbox(1_000_000);
    const padding = Buffer.concat([Buffer.from([0x7a, 0x80, 0x80, 0x40]), Buffer.alloc(1 << 20)]); // field 15
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let part = 0; part < 100; part++) {
      const small = framed([chunk(1, part === 0 ? 1 : 0, part === 0 ? 1_000_000 : 0)]);
      inbox.receive(Buffer.concat([small, padding]));
    }
    await eventually(() => {
      collectGarbage(); // some memory is counted as freed a little later
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(20 << 20);
    });
  });
});

function result(call: number, content: Buffer): Frame {
  return {
    kind: 'result',
    call,
    value: { json: 'null', attachments: [{ path: [], content }] },
    metadata: noMetadata,
  };
}

function shortResult(call: number): Frame {
  return { kind: 'result', call, value: { json: '"short"', attachments: [] }, metadata: noMetadata };
}

function callOf(frame: Frame): number {
  return 'call' in frame ? frame.call : NaN;
}

function chunk(number: number, length: number, total: number): Frame {
  return { kind: 'chunk', number, data: Buffer.alloc(length), total };
}

function partsOf(frame: Frame, number: number): Frame[] {
  const encoded = encodeFrame(frame);
  const parts: Frame[] = [];
  for (let from = 0; from < encoded.length; from += 50_000) {
    const data = encoded.subarray(from, from + 50_000);
    parts.push({ kind: 'chunk', number, data, total: from === 0 ? encoded.length : 0 });
  }
  return parts;
}

function messagesOf(frames: readonly Frame[]): Buffer[] {
  const messages: Buffer[] = [];
  const outbox = new Outbox((message) => messages.push(message));
  for (const frame of frames) {
    outbox.send(frame);
  }
  outbox.flush();
  return messages;
}

function framed(frames: readonly Frame[]): Buffer {
  return Buffer.concat(messagesOf(frames));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
