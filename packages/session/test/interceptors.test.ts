import { expect } from 'chai';
import { z } from 'zod';

import {
  type CallObserver,
  CallTimings,
  coreError,
  type Interceptor,
  logCalls,
  type SignaturesOf,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually, RecordingLog, refusal } from '@patchbay/objects/testing';

import { connectInMemory } from '../src/memory/index.js';

const notes: string[] = [];

const sample = defineObject({
  summary: 'A sample',
  methods: {
    echo: method({
      summary: 'Give a text back',
      args: [arg('text', z.string(), 'any')],
      returns: z.string(),
      run: (text) => text,
    }),
    count: method({
      summary: 'Yield numbers',
      args: [arg('to', z.int(), 'the last')],
      yields: z.int(),
      returns: z.int(),
      run: async function* (to) {
        for (let n = 1; n <= to; n++) {
          yield n;
        }
        return await Promise.resolve(to);
      },
    }),
    hang: method({
      summary: 'Wait until the call is aborted',
      returns: z.null(),
      run: (context) => {
        notes.push('began');
        return new Promise<null>((_resolve, reject) => {
          context.signal.addEventListener('abort', () => {
            notes.push('aborted');
            reject(context.signal.reason as Error);
          });
        });
      },
    }),
    crash: method({
      summary: 'Fail as it does not declare',
      returns: z.null(),
      run: () => {
        throw new Error('the secret message');
      },
    }),
  },
});
type Sample = SignaturesOf<typeof sample>;

/** Both sides run the same interceptors: each test runs on both. */
for (const side of ['client', 'server'] as const) {
  describe(`interceptors of the ${side}`, () => {
    beforeEach(() => {
      notes.length = 0;
    });

    function connected(...interceptors: Interceptor[]): ReturnType<typeof connectInMemory> {
      const log = silentLog;
      const options =
        side === 'client' ? { interceptors, server: { log } } : { server: { interceptors, log } };
      return connectInMemory({ sample }, options);
    }

    it('see the call, its arguments and its result, the first outermost', async () => {
      const seen: unknown[] = [];
      const named =
        (name: string): Interceptor =>
        async (call, next) => {
          seen.push([name, call.side, call.object, call.method, call.arguments]);
          const result = await next();
          seen.push([name, result]);
          return result;
        };
      await using client = connected(named('a'), named('b'));
      const call = client.proxy<Sample>('sample').echo('hello');
      expect(await call).to.equal('hello');
      expect(seen).to.deep.equal([
        ['a', side, 'sample', 'echo', ['hello']],
        ['b', side, 'sample', 'echo', ['hello']],
        ['b', 'hello'],
        ['a', 'hello'],
      ]);
    });

    it('see the ids of the call', async () => {
      const ids: string[] = [];
      await using client = connected((call, next) => {
        ids.push(call.callId, call.correlationId);
        return next();
      });
      const proxy = client.proxy<Sample>('sample');
      const call = proxy.echo('x');
      await call;
      await proxy.with({ correlationId: 'request-7' }).echo('y');
      expect(ids.slice(0, 2)).to.deep.equal([call.callId, call.callId]);
      expect(ids[3]).to.equal('request-7');
    });

    it('see the arguments of a command line', async () => {
      let words: readonly unknown[] = [];
      await using client = connected((call, next) => {
        words = call.arguments;
        return next();
      });
      await client.callWithArgv('sample', 'count', ['3']);
      expect(words).to.deep.equal(['3']);
    });

    it('refuse a call, which then never runs', async () => {
      await using client = connected(() =>
        Promise.reject(coreError('CALLER_REFUSED', 'not today', { details: { until: 'tomorrow' } })),
      );
      const error = await refusal(client.proxy<Sample>('sample').hang());
      expect(error).to.include({ reason: 'CALLER_REFUSED', message: 'not today' });
      expect(error.details).to.deep.equal({ until: 'tomorrow' });
      expect(notes).to.deep.equal([]);
    });

    it('refuse a call by throwing at once', async () => {
      await using client = connected(() => {
        throw coreError('CALLER_REFUSED', 'not today');
      });
      expect((await refusal(client.proxy<Sample>('sample').echo('x'))).reason).to.equal('CALLER_REFUSED');
    });

    it('replace the result, and answer without the method', async () => {
      await using client = connected(async (call, next) =>
        call.arguments[0] === 'known' ? 'from the cache' : `${String(await next())}!`,
      );
      const proxy = client.proxy<Sample>('sample');
      expect(await proxy.echo('known')).to.equal('from the cache');
      expect(await proxy.echo('new')).to.equal('new!');
    });

    it('see each item, and replace it', async () => {
      const seen: unknown[] = [];
      await using client = connected(
        (call, next) => {
          call.onItem((item) => {
            seen.push(item);
            return item;
          });
          return next();
        },
        (call, next) => {
          call.onItem((item) => (item as number) * 10);
          return next();
        },
      );
      const items: number[] = [];
      const call = client.proxy<Sample>('sample').count(3);
      for await (const item of call) {
        items.push(item);
      }
      expect(await call).to.equal(3);
      expect(side === 'server' ? items : items.length).to.deep.equal(side === 'server' ? [10, 20, 30] : 3);
      expect(seen).to.have.length(3);
    });

    it('see the error, and add to it', async () => {
      await using client = connected(async (_call, next) => {
        try {
          return await next();
        } catch (error) {
          throw coreError('NAME_INVALID', 'seen', {
            details: { was: (error as { reason?: string }).reason },
          });
        }
      });
      const error = await refusal(client.call('sample', 'nothing', []));
      expect(error).to.include({ reason: 'NAME_INVALID', message: 'seen' });
      expect(error.details).to.deep.equal({ was: 'METHOD_NOT_FOUND' });
    });

    it('cancel a method that still runs when they have answered for it', async () => {
      await using client = connected((_call, next) => {
        next().catch(() => undefined);
        return eventually(() => notes.includes('began')).then(() => null);
      });
      expect(await client.proxy<Sample>('sample').hang()).to.equal(null);
      await eventually(() => notes.includes('aborted'));
    });

    it('see that a caller cancels its call', async () => {
      const heard: unknown[] = [];
      await using client = connected((_call, next) =>
        next().catch((error: unknown) => {
          heard.push((error as { reason: string }).reason);
          throw error;
        }),
      );
      const call = client.proxy<Sample>('sample').hang();
      await eventually(() => notes.includes('began'));
      call.cancel();
      expect((await refusal(call)).reason).to.equal('CALL_CANCELLED');
      await eventually(() => notes.includes('aborted') && heard.length === 1);
      expect(heard).to.deep.equal(['CALL_CANCELLED']);
    });

    it('cannot hold a call beyond its deadline', async () => {
      let reached = false;
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      await using client = connected(async (call, next) => {
        if (call.method === 'hang') {
          await held;
          reached = true;
        }
        return next();
      });
      const error = await refusal(client.proxy<Sample>('sample').with({ timeoutMs: 20 }).hang());
      expect(error.reason).to.equal('DEADLINE_PASSED');
      // An answer after it shows that the server, too, has noticed the end of the call.
      await client.proxy<Sample>('sample').echo('x');
      letGo();
      await eventually(() => reached);
      await new Promise(setImmediate);
      expect(notes).to.deep.equal([]);
    });

    it('do not reveal errors other than RpcErrors, on the server', async () => {
      if (side === 'client') {
        return;
      }
      await using client = connected(() => Promise.reject(new Error('secret')));
      const error = await refusal(client.proxy<Sample>('sample').echo('x'));
      expect(error.reason).to.equal('UNEXPECTED');
      expect(error.message).not.to.include('secret');
    });

    it('log calls with their duration and outcome', async () => {
      const log = new RecordingLog();
      await using client = connected(logCalls({ log, clock: systemClock }));
      const proxy = client.proxy<Sample>('sample').with({ correlationId: 'request-7' });
      await proxy.echo('x');
      await refusal(proxy.crash());
      expect(log.lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
        'info a call ended',
        'info a call ended with an error',
      ]);
      expect(log.lines[0]?.fields).to.include({
        object: 'sample',
        method: 'echo',
        correlationId: 'request-7',
      });
      expect(log.lines[0]?.fields.ms).to.be.a('number');
      expect(log.lines[1]?.fields.code).to.equal('INTERNAL');
    });

    it('log only failed calls if so configured', async () => {
      const log = new RecordingLog();
      await using client = connected(logCalls({ log, clock: systemClock, calls: 'failed' }));
      await client.proxy<Sample>('sample').echo('x');
      expect(log.lines).to.deep.equal([]);
    });

    it('measure calls by method', async () => {
      const timings = new CallTimings(systemClock);
      await using client = connected(timings.interceptor);
      const proxy = client.proxy<Sample>('sample');
      await Promise.all([proxy.echo('x'), proxy.echo('y'), refusal(proxy.crash())]);
      const [echo, crash] = [...timings];
      expect(echo).to.include({ name: 'sample.echo', calls: 2, failed: 0 });
      expect(crash).to.include({ name: 'sample.crash', calls: 1, failed: 1 });
      expect(echo?.longestMs).to.be.at.most(echo?.totalMs ?? 0);
    });
  });
}

describe('an interceptor of the server', () => {
  it('sees the caller, and replaces arguments, which are checked after that', async () => {
    const seen: unknown[] = [];
    const interceptor: Interceptor = (call, next) => {
      seen.push(call.caller?.principal);
      call.replaceArguments(call.arguments.map((each) => (each === 'me' ? call.caller?.principal : 7)));
      return next();
    };
    const server = { interceptors: [interceptor], log: silentLog };
    await using client = connectInMemory({ sample }, { server });
    const proxy = client.proxy<Sample>('sample');
    expect(await proxy.echo('me')).to.equal(seen[0]);
    await refusal(proxy.echo('other'), 'ARGUMENT_INVALID');
    expect(seen).to.deep.equal(['local', 'local']);
  });
});

describe('an observer of the server', () => {
  it('sees each call when it was answered, also one that was refused, or answered by an interceptor', async () => {
    const seen: unknown[] = [];
    const observer: CallObserver = {
      answered: (call, { error, result, bytes }) => {
        seen.push([call.method, call.access, call.maskedArguments(), error?.reason ?? result, bytes]);
      },
    };
    const interceptor: Interceptor = (call, next) => (call.method === 'count' ? Promise.resolve(3) : next());
    const server = { observer, interceptors: [interceptor], log: silentLog };
    await using client = connectInMemory({ sample }, { server });
    const proxy = client.proxy<Sample>('sample');
    await proxy.echo('hello');
    await proxy.count(1);
    await refusal(client.call('sample', 'missing', []), 'METHOD_NOT_FOUND');
    await refusal(client.call('sample', 'echo', [1]), 'ARGUMENT_INVALID');
    expect(seen).to.deep.equal([
      ['echo', 'operate', ['hello'], 'hello', 'hello'.length + 2 + 16],
      ['count', undefined, undefined, 3, 1 + 16],
      ['missing', undefined, undefined, 'METHOD_NOT_FOUND', undefined],
      ['echo', 'operate', [1], 'ARGUMENT_INVALID', undefined],
    ]);
  });
});
