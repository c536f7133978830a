import { expect } from 'chai';

import type { Clock, RpcError } from '@patchbay/objects';
import { eventually, FakeClock } from '@patchbay/objects/testing';

import {
  decodeFrames,
  encodeFrames,
  type Frame,
  keepaliveOf,
  sleepAwake,
  watchLiveness,
} from '../src/index.js';
import { ClientSession, defaultKeepalive, destination, ObjectClient, routeTo } from '../src/client/index.js';
import { StallWatch } from '../src/server/index.js';

const intervalMs = 10_000;
const timeoutMs = 5_000;

/** A clock of a process that was held up: `wake` ends the sleep under way, however late. */
class LateClock implements Clock {
  #wake: (() => void) | undefined;

  now(): number {
    return 0;
  }

  monotonicMs(): number {
    return 0;
  }

  sleep(_ms: number, { signal }: Parameters<Clock['sleep']>[1] = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  }

  async wake(): Promise<void> {
    this.#wake?.();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
}

describe('a watch for signs of life', () => {
  let heard: number;
  let asked: number;
  let silences: number;
  let stop: AbortController;

  beforeEach(() => {
    heard = asked = silences = 0;
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort();
  });

  function watch(clock: Clock, ask: () => void = () => undefined): void {
    const options = {
      clock,
      intervalMs,
      timeoutMs,
      ask: () => {
        asked++;
        ask();
      },
      heard: () => heard,
      onSilence: () => silences++,
    };
    watchLiveness(options, stop.signal);
  }

  it('asks a peer that answers again and again, at its interval', async () => {
    const clock = new FakeClock();
    watch(clock, () => heard++);
    await clock.advance(20 * intervalMs);
    expect(asked).to.equal(20);
    expect(silences).to.equal(0);
  });

  it('asks at its interval, however long the peer may take to answer', async () => {
    const clock = new FakeClock();
    watchLiveness(
      {
        clock,
        intervalMs: 300,
        timeoutMs,
        ask: () => void clock.sleep(10).then(() => (heard += 1)),
        heard: () => heard,
        onSilence: () => silences++,
      },
      stop.signal,
    );
    await clock.advance(30_200);
    expect([heard, silences]).to.deep.equal([100, 0]);
  });

  it('reports one that gives none in time, once', async () => {
    const clock = new FakeClock();
    watch(clock);
    await clock.advance(intervalMs + timeoutMs - 1);
    expect(silences).to.equal(0);
    await clock.advance(1);
    expect(silences).to.equal(1);
    await clock.advance(10 * intervalMs);
    expect([asked, silences]).to.deep.equal([1, 1]);
  });

  it('takes whatever arrives for a sign of life, until the last moment', async () => {
    const clock = new FakeClock();
    watch(clock);
    await clock.advance(intervalMs + timeoutMs - 1);
    heard++;
    await clock.advance(intervalMs);
    expect(silences).to.equal(0);
  });

  it('reads what waits unread before it judges, however long it was held up', async () => {
    const clock = new LateClock();
    watch(clock);
    await clock.wake(); // it asks
    for (let part = 0; part < 4; part++) {
      await clock.wake();
    }
    setImmediate(() => heard++); // as what the event loop reads after its timers
    await clock.wake();
    expect(silences).to.equal(0);
  });

  it('does not count the time in which it was held up', async () => {
    const clock = new LateClock();
    watch(clock);
    await clock.wake();
    await clock.wake(); // an hour late, say, and nothing has arrived yet
    expect(silences).to.equal(0);
    heard++;
    await clock.wake();
    await clock.wake();
    expect(asked).to.equal(2);
  });

  for (const wrong of [{ intervalMs: 0 }, { timeoutMs: NaN }, { intervalMs: 1.5 }, { timeoutMs: -1 }]) {
    it(`is refused with ${JSON.stringify(wrong)}`, () => {
      expect(() => keepaliveOf(wrong, defaultKeepalive)).to.throw(
        /keepalive\.\w+ must be an integer of at least 100/,
      );
      expect(
        () =>
          new ObjectClient({
            clock: new FakeClock(),
            router: routeTo(''),
            transport: {} as never,
            keepalive: wrong,
          }),
      ).to.throw(/keepalive/);
    });
  }
});

describe('a process that was held up', () => {
  it('waits for a hello for as long as it runs itself', async () => {
    const clock = new LateClock();
    let over = false;
    void sleepAwake(clock, 5_000, new AbortController().signal).then(() => {
      over = true;
    });
    await clock.wake();
    expect(over).to.equal(false);
    for (let part = 0; part < 4; part++) {
      await clock.wake();
    }
    expect(over).to.equal(true);
  });

  it('does not blame a reader for it', async () => {
    const clock = new LateClock();
    let taken = 0;
    let stalls = 0;
    const watch = new StallWatch({
      clock,
      stallMs: 30_000,
      waiting: () => true,
      takenBytes: () => taken,
      onStall: () => stalls++,
    });
    watch.begin();
    await clock.wake();
    taken++;
    for (let part = 0; part < 5; part++) {
      await clock.wake();
    }
    expect(stalls).to.equal(0);
    await clock.wake();
    expect(stalls).to.equal(1);
    watch.stop();
  });
});

describe('the session of a client', () => {
  let clock: FakeClock;
  let sent: Frame[];
  let pings: number;
  let lost: RpcError | undefined;
  let receivedBytes: number;
  let silent: boolean;

  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
    pings = receivedBytes = 0;
    lost = undefined;
    silent = false;
  });

  const heartbeat = encodeFrames({ kind: 'heartbeat' });
  const beats = (): number => sent.filter(({ kind }) => kind === 'heartbeat').length;

  /** A client of a server that answers heartbeats, behind a proxy that answers pings. */
  function connect(heartbeatMs: number): ObjectClient {
    return new ObjectClient({
      clock,
      keepalive: { intervalMs, timeoutMs },
      router: routeTo('server:1'),
      transport: {
        dial: (_address, { onMessage, onEnd }) => {
          const answer = (message: Buffer): void => {
            setImmediate(() => {
              receivedBytes += message.length;
              onMessage(message);
            });
          };
          answer(
            encodeFrames({
              kind: 'hello',
              client: '',
              maxCalls: 10,
              itemWindow: 1_000,
              itemCountWindow: 0,
              maxFrameBytes: 0,
              idempotent: [],
              heartbeatMs,
              methodTimeouts: true,
            }),
          );
          return {
            headroomBytes: 0,
            write: (message) => {
              const frames = decodeFrames(message);
              sent.push(...frames);
              if (!silent && frames.some(({ kind }) => kind === 'heartbeat')) {
                answer(heartbeat);
              }
            },
            end: () => {
              onEnd('it was closed');
            },
            ping: () => {
              pings++;
              receivedBytes += 17;
            },
            get receivedBytes() {
              return receivedBytes;
            },
          };
        },
      },
    });
  }

  function hang(client: ObjectClient): { cancel: () => void } {
    const call = client.call('clock', 'run', [], { timeoutMs: 'none' });
    call.catch((error: unknown) => {
      lost ??= error as RpcError;
    });
    return call;
  }

  async function opened(): Promise<void> {
    await eventually(() => sent.some(({ kind }) => kind === 'invoke'));
  }

  it('sends heartbeats while calls are in flight, and none when it is idle', async () => {
    await using client = connect(20_000);
    const call = hang(client);
    await opened();
    await clock.advance(6 * intervalMs);
    expect([beats(), pings]).to.deep.equal([6, 0]);
    call.cancel();
    await clock.advance(6 * intervalMs);
    expect([beats(), pings]).to.deep.equal([6, 6]);
    hang(client);
    await clock.advance(1);
    expect(sent.slice(-2).map(({ kind }) => kind)).to.deep.equal(['heartbeat', 'invoke']);
    await clock.advance(6 * intervalMs);
    expect(beats()).to.equal(13);
    expect(lost?.reason).to.equal('CALL_CANCELLED');
  });

  it('sends them as often as the server wants, if that is more often', async () => {
    await using client = connect(1_000);
    hang(client);
    await opened();
    await clock.advance(10_000);
    expect(beats()).to.equal(10);
  });

  it('is lost when the server answers none, though a proxy answers pings', async () => {
    await using client = connect(20_000);
    hang(client);
    await opened();
    await clock.advance(intervalMs);
    silent = true;
    await clock.advance(intervalMs + timeoutMs);
    expect(lost?.reason).to.equal('CONNECTION_LOST');
    expect(lost?.message).to.match(
      /^server:1 gave no sign of life for 5s; clock\.run may or may not have run/,
    );
  });

  it('pings a server that is too old for heartbeats', async () => {
    await using client = connect(0);
    hang(client);
    await opened();
    await clock.advance(6 * intervalMs);
    expect([beats(), pings, lost]).to.deep.equal([0, 6, undefined]);
  });

  it('takes a heartbeat and answers none', () => {
    const written: Buffer[] = [];
    const session = new ClientSession(
      destination('server:1'),
      { client: 'c', maxFrameBytes: 1 << 20 },
      { headroomBytes: 0, write: (message) => void written.push(message), end: () => undefined },
      { clock, keepalive: defaultKeepalive },
      { onOpen: () => undefined, onEnd: () => undefined, onLostCall: () => undefined },
    );
    session.receive(heartbeat);
    expect(session.lost).to.equal(false);
    expect(written).to.deep.equal([]);
  });
});
