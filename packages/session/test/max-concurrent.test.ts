import { expect } from 'chai';
import { z } from 'zod';

import { localCaller, type ObjectDefinition, systemClock } from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { eventually, RecordingLog, refusal } from '@patchbay/objects/testing';

import { connectInMemory } from '../src/memory/index.js';
import type { ObjectClient } from '../src/client/index.js';

/** An object whose calls run until they are released. */
class Gate {
  running = 0;
  #letGo: (() => void)[] = [];

  open(): void {
    for (const go of this.#letGo.splice(0)) {
      go();
    }
  }

  object(limits: { readonly ofMethod?: number; readonly ofObject?: number }): ObjectDefinition {
    const wait = async (): Promise<null> => {
      this.running++;
      await new Promise<void>((resolve) => {
        this.#letGo.push(resolve);
      });
      this.running--;
      return null;
    };
    return defineObject({
      summary: 'A gate',
      ...(limits.ofObject === undefined ? {} : { maxConcurrent: limits.ofObject }),
      methods: {
        pass: method({
          summary: 'Wait at the gate',
          returns: z.null(),
          ...(limits.ofMethod === undefined ? {} : { maxConcurrent: limits.ofMethod }),
          run: wait,
        }),
        other: method({ summary: 'Wait as well', returns: z.null(), run: wait }),
        check: method({
          summary: 'Take a number',
          args: [arg('n', z.int(), 'a number')],
          returns: z.int(),
          maxConcurrent: 1,
          run: (n) => n,
        }),
      },
    });
  }
}

describe('a limit of calls that run at once', () => {
  let gate: Gate;

  beforeEach(() => {
    gate = new Gate();
  });

  function pass(client: ObjectClient, method = 'pass'): Promise<unknown> {
    return client.call('gate', method, []);
  }

  it('of a method refuses calls above it, and admits the next when one has ended', async () => {
    await using client = connectInMemory({ gate: gate.object({ ofMethod: 2 }) });
    const calls = [pass(client), pass(client)];
    const error = await refusal(pass(client));
    expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'CONCURRENCY_EXHAUSTED' });
    expect(error.message).to.match(/method gate\.pass already runs 2 calls/);
    expect(error.details).to.deep.equal({ limit: 'method', maxConcurrent: 2 });
    gate.open();
    await Promise.all(calls);
    const next = pass(client);
    await eventually(() => gate.running === 1);
    gate.open();
    await next;
  });

  it('of a method does not apply to the others', async () => {
    await using client = connectInMemory({ gate: gate.object({ ofMethod: 1 }) });
    const calls = [pass(client), pass(client, 'other'), pass(client, 'other')];
    await eventually(() => gate.running === 3);
    gate.open();
    await Promise.all(calls);
  });

  it('of an object counts the calls of all its methods', async () => {
    await using client = connectInMemory({ gate: gate.object({ ofObject: 2 }) });
    const calls = [pass(client), pass(client, 'other')];
    const error = await refusal(client.call('gate', 'check', [1]));
    expect(error.details).to.deep.equal({ limit: 'object', maxConcurrent: 2 });
    gate.open();
    await Promise.all(calls);
    expect(await client.call('gate', 'check', [1])).to.equal(1);
  });

  it('does not count a call that was refused, or whose arguments were', async () => {
    await using client = connectInMemory({ gate: gate.object({}) });
    expect((await refusal(client.call('gate', 'check', ['x']))).reason).to.equal('ARGUMENT_INVALID');
    expect(await client.call('gate', 'check', [7])).to.equal(7);
  });

  it('counts a cancelled call for as long as its method runs', async () => {
    await using client = connectInMemory({ gate: gate.object({ ofMethod: 1 }) });
    const call = client.call('gate', 'pass', []);
    await eventually(() => gate.running === 1);
    call.cancel();
    expect((await refusal(pass(client))).reason).to.equal('CONCURRENCY_EXHAUSTED');
    gate.open();
    await eventually(() => gate.running === 0);
    const next = pass(client);
    await eventually(() => gate.running === 1);
    gate.open();
    await next;
  });

  it('of the host overrides that of the object', async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: new RecordingLog() });
    dispatcher.host('gate', gate.object({ ofObject: 100 }), { maxConcurrent: 1 });
    const answers: string[] = [];
    const sink = {
      item: () => undefined,
      result: () => answers.push('result'),
      failure: ({ reason }: { reason: string }) => answers.push(reason),
    };
    for (const callId of ['1', '2']) {
      dispatcher.begin(
        {
          object: 'gate',
          method: 'pass',
          input: { values: [] },
          caller: localCaller('test'),
          callId,
          timeoutMs: undefined,
        },
        sink,
      );
    }
    expect(answers).to.deep.equal(['CONCURRENCY_EXHAUSTED']);
    gate.open();
    await eventually(() => dispatcher.running === 0);
  });

  for (const wrong of [0, -1, 1.5, NaN]) {
    it(`cannot be ${String(wrong)}`, () => {
      expect(() => gate.object({ ofMethod: wrong })).to.throw(TypeError, /maxConcurrent/);
      expect(() => gate.object({ ofObject: wrong })).to.throw(TypeError, /maxConcurrent/);
    });
  }
});
