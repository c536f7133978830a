import { expect } from 'chai';
import { inspect } from 'node:util';

import type { RpcError } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';
import type { Sample } from '@patchbay/session/testing';

import { type Served, transports } from '../transports.js';

for (const [transport, start] of Object.entries(transports)) {
  describe(`calls ${transport}`, function () {
    this.timeout(30_000);
    let server: Served;
    let client: ObjectClient;
    let sample: RemoteObject<Sample>;
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => {
      unhandled.push(error);
    };

    before(() => {
      process.on('unhandledRejection', note);
    });

    after(() => {
      process.off('unhandledRejection', note);
    });

    beforeEach(async () => {
      unhandled.length = 0;
      server = await start({ maxCalls: 300 });
      client = server.connect();
      sample = client.proxy<Sample>('sample');
    });

    afterEach(async () => {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await new Promise(setImmediate);
      expect(unhandled).to.deep.equal([]);
    });

    it('carry values there and back', async () => {
      const value = {
        text: 'ünï\u{1f4be}',
        list: [1, null, true],
        ['__proto__']: { a: 1 },
        nested: { deep: [] },
      };
      expect(await sample.echo(value)).to.deep.equal(value);
    });

    it('carry undefined as no result at all', async () => {
      expect(await sample.echo(null)).to.equal(null);
      expect(await client.call('sample', 'echo', [])).to.equal(undefined);
    });

    it('carry long strings and bytes of many megabytes, both ways', async () => {
      const text = 'ж'.repeat(2_500_000);
      const bytes = Buffer.alloc(5 << 20, 'bytes');
      const [gotText, gotBytes] = await Promise.all([sample.echo(text), sample.echo({ bytes })]);
      expect(gotText === text).to.equal(true);
      expect(bytes.equals((gotBytes as { bytes: Buffer }).bytes)).to.equal(true);
    });

    it('find their own answers when many are in flight', async () => {
      const numbers = Array.from({ length: 300 }, (_, index) => index);
      expect(await Promise.all(numbers.map((each) => sample.echo(each)))).to.deep.equal(numbers);
    });

    it('take the arguments of a command line', async () => {
      expect(await client.callWithArgv('sample', 'pause', ['0'])).to.equal('done');
    });

    it('describe an object', async () => {
      const { name, methods } = await client.describe('sample');
      expect(name).to.equal('sample');
      expect(methods.find((each) => each.name === 'echo')?.idempotent).to.equal(true);
    });

    it('fail with the error of the method, its details and the call’s id, without cause and stack', async () => {
      const call = sample.fail();
      const error = await refusal(call);
      expect(error).to.include({
        code: 'INVALID_ARGUMENT',
        reason: 'NAME_INVALID',
        message: 'no such thing: "\u{1f4be}"',
        callId: call.callId,
      });
      expect(error).to.not.have.property('remoteStack');
      expect(error.details).to.deep.equal({ name: 'x', tries: 3 });
      expect(error.cause).to.equal(undefined);
      expect(error.remoteStack).to.equal(undefined);
      expect(server.log.lines[0]?.fields.callId).to.equal(call.callId);
    });

    it('carry the stack with its causes if the server sends it', async () => {
      await using open = await start({ sendStacks: true });
      await using opened = open.connect();
      const error = await refusal(opened.proxy<Sample>('sample').fail());
      expect(error.remoteStack).to.match(/no such thing[\s\S]*caused by: Error: the secret cause/);
    });

    it('do not reveal unexpected errors of the server', async () => {
      const error = await refusal(sample.crash());
      expect(error.reason).to.equal('UNEXPECTED');
      expect(inspect(error, { depth: 10 })).not.to.include('secret');
    });

    it('fail alone when their result cannot be sent', async () => {
      const hanging = sample.hang();
      const error = await refusal(sample.cycle());
      expect(error.reason).to.equal('RESULT_INVALID');
      expect(await sample.echo('still here')).to.equal('still here');
      hanging.cancel();
    });

    it('fail alone when their argument cannot be sent', async () => {
      expect((await refusal(sample.echo(1n))).reason).to.equal('ARGUMENT_INVALID');
      expect((await refusal(sample.echo(Buffer.alloc(65 << 20)))).reason).to.equal('MESSAGE_TOO_LARGE');
      expect(await sample.echo('still here')).to.equal('still here');
    });

    it('carry an error of any size, and one whose details JSON cannot represent', async () => {
      const error = await refusal(sample.failLong(2_000_000));
      expect(error.reason).to.equal('NAME_INVALID');
      expect(error.message.startsWith('longlong')).to.equal(true);
    });

    it('wait for their turn above the server’s limit', async () => {
      const numbers = Array.from({ length: 3_000 }, (_, index) => index);
      expect(await Promise.all(numbers.map((each) => sample.echo(each)))).to.deep.equal(numbers);
    });

    it('yield items in order, then their result', async () => {
      const call = sample.count(1_000);
      let last = 0;
      for await (const { n } of call) {
        expect(n).to.equal(++last);
      }
      expect(last).to.equal(1_000);
      expect(await call).to.equal(1_000);
      expect(server.notes.at(-1)).to.equal('finally');
    });

    it('slow the generator down to the pace of its reader, and no other calls', async () => {
      const padding = 10_000;
      const call = sample.count(1_000, padding);
      const reader = call[Symbol.asyncIterator]();
      await reader.next();
      for (let other = 0; other < 50; other++) {
        expect(await sample.echo(other)).to.equal(other);
      }
      const ahead = (256 * 1024) / padding;
      expect(server.notes.length).to.be.within(2, Math.ceil(ahead) + 2);
      let read = 1;
      while ((await reader.next()).done !== true) {
        read++;
        expect(server.notes.length - read).to.be.below(2 * ahead);
      }
      expect(read).to.equal(1_000);
    });

    it('drop the items if only the result is awaited, and do not stall', async () => {
      expect(await sample.count(500, 10_000)).to.equal(500);
    });

    it('cancel the method and run its finally when the loop is left', async () => {
      for await (const { n } of sample.count(1_000_000, 1_000)) {
        if (n === 3) {
          break;
        }
      }
      await eventually(() => server.notes.includes('finally'));
      await eventually(() => server.dispatcher.running === 0);
      expect(server.notes.length).to.be.below(1_000);
    });

    it('throw the error to the reader of the items, once', async () => {
      const seen: unknown[] = [];
      const loop = async (): Promise<void> => {
        for await (const item of sample.with({ timeoutMs: 200 }).trickle()) {
          seen.push(item);
        }
      };
      expect((await refusal(loop())).reason).to.equal('DEADLINE_PASSED');
      expect(seen).to.deep.equal([1]);
      await eventually(() => server.notes.includes('finally'));
    });

    it('expire on both sides', async () => {
      await sample.echo('open');
      const error = await refusal(sample.with({ timeoutMs: 100 }).hang());
      expect(error.reason).to.equal('DEADLINE_PASSED');
      expect(error.message).to.include('sample.hang');
      await eventually(() => server.notes.includes('hang aborted'));
      const { deadlineMs } = server.contexts[0]!;
      expect(deadlineMs).to.be.within(Date.now() - 20_000, Date.now() + 100);
    });

    it('have no deadline if none is requested', async () => {
      const call = sample.with({ timeoutMs: 'none' }).hang();
      await eventually(() => server.contexts.length === 1);
      expect(server.contexts[0]!.deadlineMs).to.equal(undefined);
      call.cancel();
    });

    for (const timeoutMs of [0, -1, NaN]) {
      it(`refuse a time limit of ${String(timeoutMs)} ms`, async () => {
        expect((await refusal(sample.with({ timeoutMs }).echo(1))).reason).to.equal('ARGUMENT_INVALID');
      });
    }

    it('are cancelled by the signal of their caller', async () => {
      const controller = new AbortController();
      const call = sample.with({ signal: controller.signal }).hang();
      await eventually(() => server.notes.includes('hang began'));
      controller.abort();
      expect((await refusal(call)).reason).to.equal('CALL_CANCELLED');
      await eventually(() => server.notes.includes('hang aborted'));
    });

    it('do not start when the signal is already aborted', async () => {
      const call = sample.with({ signal: AbortSignal.abort() }).hang();
      expect((await refusal(call)).reason).to.equal('CALL_CANCELLED');
      await sample.echo('later');
      expect(server.notes).to.deep.equal([]);
    });

    it('leave no listener on a signal that outlives them', async () => {
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      await sample.with({ signal }).echo(1);
      await refusal(sample.with({ signal }).fail());
      expect(listeners).to.equal(0);
    });

    it('need not be awaited by whoever cancels them', async () => {
      const call = sample.hang();
      await eventually(() => server.notes.includes('hang began'));
      call.cancel();
      await eventually(() => server.notes.includes('hang aborted'));
    });

    it('have unique ids', () => {
      const calls = [sample.hang(), sample.hang()];
      expect(new Set(calls.map(({ callId }) => callId)).size).to.equal(2);
      for (const call of calls) {
        call.cancel();
      }
    });

    it('say what a method returned, not that it was called, to whoever catches', async () => {
      const error = await sample.fail().catch((caught: unknown) => caught as RpcError);
      expect(error).to.have.property('reason', 'NAME_INVALID');
    });
  });
}
