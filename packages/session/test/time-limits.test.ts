import { expect } from 'chai';
import { z } from 'zod';

import { type CallContext, type MethodSignature, nameServerObject, type TimeLimit } from '@patchbay/objects';
import { arg, callback, defineObject, method, objectOf } from '@patchbay/objects/define';
import { eventually, FakeClock, refusal } from '@patchbay/objects/testing';

import { decodeFrames, encodeFrames, type Frame } from '../src/index.js';
import { ObjectClient, routeTo } from '../src/client/index.js';
import { connectInMemory, type InMemoryOptions } from '../src/memory/index.js';

interface Clerk {
  readonly hurry: MethodSignature<readonly [], null>;
  readonly work: MethodSignature<readonly [], null>;
  readonly listen: MethodSignature<readonly [], null>;
  readonly ask: MethodSignature<readonly [() => Promise<null>], null>;
  readonly assistant: MethodSignature<readonly [], never>;
}

function makeClerk(contexts: CallContext[]) {
  const wait = (context: CallContext): Promise<null> => {
    contexts.push(context);
    return new Promise((_resolve, reject) => {
      context.signal.addEventListener('abort', () => {
        reject(context.signal.reason as Error);
      });
    });
  };
  const waiting = (timeoutMs?: TimeLimit) =>
    method({
      summary: 'Wait until the call is aborted',
      returns: z.null(),
      run: wait,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  const assistant = defineObject({ summary: 'An assistant', methods: { hurry: waiting(2_000) } });
  return defineObject({
    summary: 'A clerk',
    methods: {
      hurry: waiting(1_000),
      work: waiting(),
      listen: waiting('none'),
      ask: method({
        summary: 'Wait for an answer of the caller',
        args: [arg('question', callback([], z.null()), 'answers')],
        returns: z.null(),
        timeoutMs: 3_000,
        run: (question, context) => {
          contexts.push(context);
          return question();
        },
      }),
      assistant: method({
        summary: 'Return an assistant',
        returns: objectOf<typeof assistant>(),
        run: () => assistant,
      }),
    },
  });
}

describe('the time limit of a call', () => {
  let clock: FakeClock;
  let contexts: CallContext[];

  beforeEach(() => {
    clock = new FakeClock();
    contexts = [];
  });

  function connect(options: InMemoryOptions = {}): ObjectClient {
    return connectInMemory({ clerk: makeClerk(contexts) }, { clock, ...options });
  }

  const limits: readonly {
    readonly what: string;
    readonly limitMs: number;
    readonly limitOf: string;
    readonly client?: TimeLimit;
    readonly call: (client: ObjectClient) => Promise<unknown>;
  }[] = [
    {
      what: 'is the one that its method declares',
      limitMs: 1_000,
      limitOf: 'method',
      call: (client) => client.call('clerk', 'hurry', []),
    },
    {
      what: 'is 60 s where the method declares none',
      limitMs: 60_000,
      limitOf: 'method',
      call: (client) => client.call('clerk', 'work', []),
    },
    {
      what: 'is the one of its caller, below that of the method',
      limitMs: 500,
      limitOf: 'call',
      call: (client) => client.call('clerk', 'hurry', [], { timeoutMs: 500 }),
    },
    {
      what: 'is the one of its caller, above that of the method',
      limitMs: 5_000,
      limitOf: 'call',
      call: (client) => client.call('clerk', 'hurry', [], { timeoutMs: 5_000 }),
    },
    {
      what: 'is the one of its client',
      limitMs: 4_000,
      limitOf: 'client',
      client: 4_000,
      call: (client) => client.call('clerk', 'listen', []),
    },
    {
      what: 'is that of the method in a batch without one',
      limitMs: 1_000,
      limitOf: 'method',
      call: async (client) => {
        const batch = client.batch();
        batch.proxy<Clerk>('clerk').hurry();
        const [result] = await batch.run();
        throw result?.status === 'rejected' ? result.reason : new Error('it did not fail');
      },
    },
    {
      what: 'is that of the method of an object that was handed out',
      limitMs: 2_000,
      limitOf: 'method',
      call: async (client) => {
        const assistant = (await client.call('clerk', 'assistant', [])) as { hurry(): Promise<null> };
        return assistant.hurry();
      },
    },
    {
      what: 'is that of the method of an object that another call returns',
      limitMs: 2_000,
      limitOf: 'method',
      call: (client) =>
        (client.call('clerk', 'assistant', []) as unknown as { hurry(): Promise<null> }).hurry(),
    },
    {
      what: 'is that of the method also while it waits for a function of its caller',
      limitMs: 3_000,
      limitOf: 'method',
      call: (client) => client.call('clerk', 'ask', [() => new Promise(() => undefined)]),
    },
  ];
  for (const { what, limitMs, limitOf, client: timeoutMs, call } of limits) {
    it(what, async () => {
      await using client = connect({ timeoutMs });
      let failed = false;
      const failing = refusal(call(client)).finally(() => {
        failed = true;
      });
      await eventually(() => contexts.length === 1);
      await clock.advance(limitMs - 1);
      expect(failed).to.equal(false);
      await clock.advance(1);
      const error = await failing;
      expect(error.reason).to.equal('DEADLINE_PASSED');
      expect(error.details).to.deep.include({ limitOf, timeoutMs: limitMs });
      expect(error.message).to.match(/^clerk\.\S+ did not finish within \d\S*, the time limit .*timeoutMs/);
    });
  }

  for (const [what, options, method] of [
    ['that its method declares', {}, 'listen'],
    ['that its caller wants', { timeoutMs: 'none' }, 'hurry'],
  ] as const) {
    it(`is none, ${what}`, async () => {
      await using client = connect();
      const call = client.call('clerk', method, [], options);
      const ended = refusal(call);
      await eventually(() => contexts.length === 1);
      await clock.advance(7 * 24 * 3_600_000);
      expect(contexts[0]?.deadlineMs).to.equal(undefined);
      expect(contexts[0]?.callOptions).not.to.have.property('timeoutMs');
      call.cancel();
      expect((await ended).reason).to.equal('CALL_CANCELLED');
    });
  }

  it('shows in what the method knows of its call', async () => {
    await using client = connect();
    const ended = refusal(client.call('clerk', 'hurry', []));
    await eventually(() => contexts.length === 1);
    await clock.advance(400);
    expect(contexts[0]?.deadlineMs).to.equal(clock.now() + 600);
    expect(contexts[0]?.callOptions.timeoutMs).to.equal(600);
    await clock.advance(600);
    await ended;
  });

  it('is kept by the client, 60 s, where the server is too old to keep that of the method', async () => {
    const sent: Frame[] = [];
    await using client = new ObjectClient({
      clock,
      router: routeTo('old'),
      transport: {
        dial: (_address, { onMessage, onEnd }) => {
          setImmediate(() => {
            onMessage(
              encodeFrames({
                kind: 'hello',
                client: '',
                maxCalls: 10,
                itemWindow: 1_000,
                itemCountWindow: 0,
                maxFrameBytes: 0,
                idempotent: [],
                heartbeatMs: 0,
                methodTimeouts: false,
              }),
            );
          });
          return {
            headroomBytes: 0,
            write: (message) => void sent.push(...decodeFrames(message)),
            end: () => {
              onEnd('it was closed');
            },
          };
        },
      },
    });
    const failing = refusal(client.call(nameServerObject, 'info', []));
    await eventually(() => sent.length === 2);
    await clock.advance(59_999);
    expect(sent.filter(({ kind }) => kind === 'invoke')).to.have.length(1);
    expect(sent.find((frame) => frame.kind === 'invoke')).to.include({
      timeoutMs: 60_000,
      methodTimeout: false,
    });
    await clock.advance(1);
    expect((await failing).details).to.deep.include({ timeoutMs: 60_000 });
    expect(sent.at(-1)?.kind).to.equal('cancel');
  });
});
