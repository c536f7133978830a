import { expect } from 'chai';
import { z } from 'zod';

import type { SignaturesOf } from '@patchbay/objects';
import { arg, callback, defineObject, method, objectOf } from '@patchbay/objects/define';
import { eventually, FakeClock, RecordingLog, refusal } from '@patchbay/objects/testing';

import type { ObjectClient } from '../src/client/index.js';
import { connectInMemory, type InMemoryOptions } from '../src/memory/index.js';

const count = arg('n', z.int(), 'a number');
const sheet = defineObject({
  summary: 'A sheet',
  methods: { sign: method({ summary: 'Sign it', args: [count], returns: z.int(), run: (n) => n }) },
});

/** An object whose methods run until they are let go, and its notes. */
function makeDesk() {
  const waiting: (() => void)[] = [];
  const begun: number[] = [];
  const most = { running: 0 };
  let running = 0;
  const serve = async (n: number): Promise<number> => {
    begun.push(n);
    most.running = Math.max(most.running, ++running);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
    running--;
    return n;
  };
  const desk = defineObject({
    summary: 'A desk',
    methods: {
      serve: method({ summary: 'Serve', args: [count], returns: z.int(), run: serve }),
      quick: method({ summary: 'Serve at once', args: [count], returns: z.int(), run: (n) => n }),
      sheet: method({
        summary: 'Return a sheet',
        args: [count],
        returns: objectOf<typeof sheet>(),
        run: async (n) => {
          await serve(n);
          return sheet;
        },
      }),
      ask: method({
        summary: 'Ask the caller',
        args: [count, arg('answer', callback([z.int()], z.int()), 'answers')],
        returns: z.int(),
        run: (n, answer) => answer(n),
      }),
    },
  });
  const letGo = (): void => {
    for (const go of waiting.splice(0)) {
      go();
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const keepLettingGo = (): void => {
    timer ??= setInterval(letGo, 1);
  };
  const stop = (): void => {
    clearInterval(timer);
  };
  return { desk, begun, most, letGo, keepLettingGo, stop };
}
type Desk = SignaturesOf<ReturnType<typeof makeDesk>['desk']>;

describe('calls above what the server allows in flight', () => {
  let scene: ReturnType<typeof makeDesk>;
  let client: ObjectClient;
  const desk = (): ReturnType<typeof client.proxy<Desk>> => client.proxy<Desk>('desk');
  const open = async (options: InMemoryOptions): Promise<void> => {
    client = connectInMemory({ desk: scene.desk }, options);
    await desk().quick(0);
  };
  const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index);

  beforeEach(() => {
    scene = makeDesk();
  });

  afterEach(async () => {
    scene.keepLettingGo();
    await client.close();
    scene.stop();
  });

  it('wait for their turn, in order', async () => {
    await open({ server: { maxCalls: 4 } });
    const calls = Promise.all(numbers(50).map((n) => desk().serve(n)));
    scene.keepLettingGo();
    expect(await calls).to.deep.equal(numbers(50));
    expect(scene.begun).to.deep.equal(numbers(50));
    expect(scene.most.running).to.equal(4);
  });

  it('wait for their turn among those that want no answer, in order', async () => {
    await open({ server: { maxCalls: 2 } });
    const oneWay = desk().with({ oneWay: true });
    const calls = numbers(12).map((n) => (n % 3 === 0 ? oneWay.serve(n) : desk().serve(n)));
    scene.keepLettingGo();
    await Promise.all(calls);
    await eventually(() => scene.begun.length === 12);
    expect(scene.begun).to.deep.equal(numbers(12));
    expect(scene.most.running).to.equal(2);
  });

  it('do not wait for the calls that wait for them', async () => {
    await open({ server: { maxCalls: 2 } });
    const signed = Promise.all(numbers(20).map((n) => desk().sheet(n).sign(n)));
    scene.keepLettingGo();
    expect(await signed).to.deep.equal(numbers(20));
  });

  it('pass their time limit while they wait, and say so', async () => {
    const clock = new FakeClock();
    await open({ clock, server: { maxCalls: 1 } });
    const running = desk().serve(1);
    const late = desk().with({ timeoutMs: 1_000 }).serve(2);
    const next = desk().serve(3);
    await clock.advance(1_000);
    const error = await refusal(late);
    expect(error).to.include({ code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_PASSED' });
    expect(error.message).to.equal(
      'desk.serve could not be sent in time: it was waiting for its turn, as in-memory allows 1 calls in flight',
    );
    expect(error.details).to.deep.equal({ sent: false });
    scene.keepLettingGo();
    expect(await Promise.all([running, next])).to.deep.equal([1, 3]);
    expect(scene.begun).to.deep.equal([1, 3]);
  });

  it('have the rest of their time limit when their turn comes', async () => {
    const clock = new FakeClock();
    await open({ clock, server: { maxCalls: 1 } });
    const running = desk().serve(1);
    const next = desk().with({ timeoutMs: 1_000 }).serve(2);
    await clock.advance(600);
    scene.letGo();
    await running;
    await eventually(() => scene.begun.length === 2);
    await clock.advance(400);
    expect((await refusal(next)).message).to.match(
      /^desk\.serve did not finish within 1s, the time limit of its caller/,
    );
  });

  it('can be cancelled while they wait', async () => {
    await open({ server: { maxCalls: 1 } });
    const running = desk().serve(1);
    const abort = new AbortController();
    const cancelled = [desk().serve(2), desk().with({ signal: abort.signal }).serve(3)];
    const next = desk().serve(4);
    cancelled[0]?.cancel();
    abort.abort();
    for (const each of cancelled) {
      expect((await refusal(each)).reason).to.equal('CALL_CANCELLED');
    }
    scene.keepLettingGo();
    expect(await Promise.all([running, next])).to.deep.equal([1, 4]);
    expect(scene.begun).to.deep.equal([1, 4]);
  });

  it('do not overflow the stack, however many end at once', async () => {
    await open({ server: { maxCalls: 1 } });
    const oneWay = desk().with({ oneWay: true });
    const running = desk().serve(1);
    const calls = numbers(5_000).map((n) => oneWay.quick(n));
    await eventually(() => scene.begun.length === 1);
    scene.letGo();
    await running;
    await Promise.all(calls);
    expect(await desk().quick(7)).to.equal(7);
  });

  it('are calls of functions of the caller too, without a bound', async () => {
    await open({ server: { maxCalls: 3 } });
    const asked = await Promise.all(numbers(30).map((n) => desk().ask(n, (given) => given)));
    expect(asked).to.deep.equal(numbers(30));
  });

  it('end with their session', async () => {
    await open({ server: { maxCalls: 1 } });
    const calls = [desk().serve(1), desk().serve(2)];
    await eventually(() => scene.begun.length === 1);
    const closing = client.close();
    scene.keepLettingGo();
    await closing;
    for (const each of calls) {
      expect((await refusal(each)).code).to.equal('UNAVAILABLE');
    }
  });

  it('log those that want no answer and are above it', async () => {
    const log = new RecordingLog();
    await open({ server: { maxCalls: 2, log } });
    const oneWay = desk().with({ oneWay: true });
    await Promise.all(numbers(6).map((n) => oneWay.serve(n)));
    await eventually(() => log.lines.length === 4);
    expect(log.lines[0]?.fields.error).to.include({ reason: 'CALLS_EXHAUSTED' });
    expect(scene.begun).to.deep.equal([0, 1]);
  });
});
