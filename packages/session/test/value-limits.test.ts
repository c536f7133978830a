import { expect } from 'chai';

import { systemClock } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { decodeFrames, encodeFrames, type Frame, type Payload } from '../src/index.js';
import { ObjectClient, routeTo } from '../src/client/index.js';
import { clientHello, invokeFrame, ServerEnd } from './server-end.js';
import { hostSample, type Sample } from '../src/testing/sample.js';

function invoke(call: number, input: Payload | readonly string[], method = 'echo'): Frame {
  return invokeFrame(call, method, 'json' in input ? { values: input } : { words: input, streams: [] });
}

const bytes = (text: string): Payload => ({ json: Buffer.from(text), attachments: [] });
const path = ['0'];
const hostile: readonly (readonly [string, Payload | readonly string[], string])[] = [
  ['nested lists', bytes('['.repeat(500_000)), 'MESSAGE_TOO_COMPLEX'],
  ['a million items', bytes(`[${'0,'.repeat(1_000_000)}0]`), 'MESSAGE_TOO_COMPLEX'],
  ['many keys', bytes(`[{${'"a":0,'.repeat(300_000)}"b":0}]`), 'MESSAGE_TOO_COMPLEX'],
  ['4 MiB of blanks', bytes(`[${' '.repeat(4 << 20)}0]`), 'MESSAGE_TOO_LARGE'],
  [
    'attachments',
    { json: '[null]', attachments: Array.from({ length: 32_769 }, () => ({ path, content: 'x' })) },
    'MESSAGE_TOO_COMPLEX',
  ],
  [
    'an attachment at a long path',
    { json: '[null]', attachments: [{ path: Array.from({ length: 300 }, () => '0'), content: 'x' }] },
    'MESSAGE_TOO_COMPLEX',
  ],
  ['a long command line', ['x'.repeat(9 << 20)], 'MESSAGE_TOO_LARGE'],
  ['deep JSON in a command line', ['['.repeat(1_000).padEnd(2_000)], 'MESSAGE_TOO_COMPLEX'],
];

/** Sends frames to a new session, and returns its answers to them, in the order of the calls. */
async function answersTo(...frames: readonly Frame[]): Promise<Frame[]> {
  const server = new ServerEnd(hostSample().dispatcher);
  server.send(clientHello(), ...frames);
  await new Promise(setImmediate);
  server.session.close();
  return server.answers().slice(1);
}

/** A client of a server that answers every call with a frame. */
function clientOf(answer: (call: number) => Frame): ObjectClient {
  return new ObjectClient({
    clock: systemClock,
    router: routeTo('server:1'),
    transport: {
      dial: (_address, { onMessage }) => ({
        headroomBytes: 0,
        write: (message) => {
          for (const frame of decodeFrames(message)) {
            const reply = frame.kind === 'invoke' ? answer(frame.call) : clientHello({ client: '' });
            setImmediate(() => {
              onMessage(encodeFrames(reply));
            });
          }
        },
        end: () => undefined,
      }),
    },
  });
}

describe('the limits of values', function () {
  this.timeout(20_000);

  for (const [what, input, reason] of hostile) {
    it(`refuse a call with ${what}, and nothing else of its session`, async () => {
      const [refused, answered] = await answersTo(invoke(1, input), invoke(2, bytes('[7]')));
      expect(refused).to.include({ kind: 'failure', call: 1, reason });
      expect(answered).to.include({ kind: 'result', call: 2 });
    });
  }

  it('come after the method, whose arguments are not looked at if there is none', async () => {
    const [refused] = await answersTo(invoke(1, bytes('[['.repeat(5_000)), 'nothing'));
    expect(refused).to.include({ kind: 'failure', reason: 'METHOD_NOT_FOUND' });
  });

  it('end the session of a client that sends more fields than any message needs', () => {
    const padding = Buffer.alloc(4 << 20, Buffer.from([0x7a, 0]));
    const { session } = new ServerEnd(hostSample().dispatcher);
    expect(() => {
      session.receive(padding);
    }).to.throw(/more than 1000000 fields/);
    session.close();
  });

  for (const [what, answer] of [
    ['nested result', (call: number): Frame => ({ kind: 'result', call, value: bytes('['.repeat(500_000)) })],
    [
      'nested item',
      (call: number): Frame => ({ kind: 'item', call, stream: 0, value: bytes('['.repeat(500_000)) }),
    ],
    [
      'failure with nested details',
      (call: number): Frame => ({
        kind: 'failure',
        call,
        code: 3,
        reason: 'X',
        message: 'x',
        details: '{"a":'.repeat(5_000),
        stack: '',
        notBegun: false,
      }),
    ],
  ] as const) {
    it(`fail the call that a server answers with a ${what}, and nothing else of its client`, async () => {
      let hostileAnswers = 1;
      await using client = clientOf((call) =>
        hostileAnswers-- > 0 ? answer(call) : { kind: 'result', call, value: bytes('7') },
      );
      const sample = client.proxy<Sample>('sample');
      expect((await refusal(sample.echo(1))).reason).to.equal('MESSAGE_TOO_COMPLEX');
      expect(await sample.echo(2)).to.equal(7);
    });
  }
});
