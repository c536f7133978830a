import { expect } from 'chai';
import { z } from 'zod';

import { coreError, systemClock } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal } from '@patchbay/objects/testing';
import { destination, ObjectClient, type ObjectClientOptions } from '@patchbay/session/client';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { grpcTransport } from '../../src/client/grpc-transport.js';
import { type SampleServer, startSample } from '../sample.js';

describe('a call whose server goes away', function () {
  this.timeout(30_000);

  it('fails at once when it may not run twice, and runs once among all servers', async () => {
    await using scene = await Scene.set();
    const { client, first, second } = scene;
    const calls = Array.from({ length: 100 }, () => refusal(client.proxy<Sample>('sample').hang()));
    await eventually(() => first.notes.length === 100);
    const lostAt = performance.now();
    await first.server[Symbol.asyncDispose]();
    const errors = await Promise.all(calls);
    expect(performance.now() - lostAt).to.be.below(2_000);
    expect(new Set(errors.map(({ code }) => code))).to.deep.equal(new Set(['UNAVAILABLE']));
    expect(first.notes.filter((note) => note === 'hang began')).to.have.length(100);
    expect(second.notes).to.deep.equal([]);
  });

  it('fails at once when no other server has its object', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const failing = refusal(client.proxy<Sample>('sample').hang());
    await eventually(() => server.notes.includes('hang began'));
    const lostAt = performance.now();
    await server.server[Symbol.asyncDispose]();
    expect((await failing).reason).to.equal('CONNECTION_LOST');
    expect(performance.now() - lostAt).to.be.below(1_500);
  });

  it('runs elsewhere when its server cancelled it, if it may run twice', async () => {
    await using scene = await Scene.set();
    const { client, first, second } = scene;
    const sample = client.proxy<Sample>('sample');
    const safe = sample.hangSafely();
    const unsafe = refusal(sample.hang());
    await eventually(() => first.notes.length === 2);
    first.dispatcher.cancelAll(coreError('SERVER_STOPPED', 'the server shut down while the call ran'));
    expect((await unsafe).message).to.equal('the server shut down while the call ran');
    await eventually(() => second.notes.includes('hangSafely began'));
    expect(second.notes).to.deep.equal(['hangSafely began']);
    safe.cancel();
  });

  it('starts elsewhere when its server drains, whatever its method', async () => {
    await using scene = await Scene.set();
    const { client, first, second } = scene;
    await client.proxy<Sample>('sample').echo('open');
    await first.dispatcher.drain();
    const call = client.proxy<Sample>('sample').hang();
    await eventually(() => second.notes.includes('hang began'));
    expect(first.notes).to.deep.equal([]);
    call.cancel();
  });

  it('is not retried when its method fails because another server drains', async () => {
    let runs = 0;
    const relay = defineObject({
      summary: 'Calls another server',
      methods: {
        relay: method({
          summary: 'Fail as the other server does',
          returns: z.null(),
          run: () => {
            runs++;
            throw coreError('SERVER_DRAINING', 'another server is shutting down');
          },
        }),
      },
    });
    await using server = await startSample({ objects: { relay } });
    await using client = connectTo(server.address);
    const error = await refusal(client.call('relay', 'relay', []));
    expect(error.reason).to.equal('SERVER_DRAINING');
    expect(runs).to.equal(1);
  });

  it('is retried only while the budget lasts', async () => {
    await using scene = await Scene.set({ retryBudget: { capacity: 5, perCall: 0, perSecond: 0 } });
    const { client, first, second } = scene;
    const calls = Array.from({ length: 20 }, () => client.proxy<Sample>('sample').hangSafely());
    const failures = calls.map((call) => refusal(call));
    await eventually(() => first.notes.length === 20);
    await first.server[Symbol.asyncDispose]();
    await eventually(() => second.notes.length === 5);
    for (const call of calls) {
      call.cancel();
    }
    const errors = await Promise.all(failures);
    expect(errors.filter(({ message }) => message.includes('budget'))).to.have.length(15);
    expect(second.notes.filter((note) => note.endsWith('began'))).to.have.length(5);
  });

  it('fails with the known error instead of waiting for a server until its time limit', async () => {
    const gone = await startSample();
    await gone[Symbol.asyncDispose]();
    await using client = connectTo(gone.address);
    const error = await refusal(client.proxy<Sample>('sample').with({ timeoutMs: 100 }).echo('?'));
    expect(error.reason).to.equal('CONNECTION_LOST');
  });
});

/** A client of an object on a first server, and on a second once the first is gone. */
class Scene implements AsyncDisposable {
  readonly first: SampleServer;
  readonly second: SampleServer;
  readonly client: ObjectClient;

  private constructor(first: SampleServer, second: SampleServer, client: ObjectClient) {
    this.first = first;
    this.second = second;
    this.client = client;
  }

  static async set(options: Partial<ObjectClientOptions> = {}): Promise<Scene> {
    const first = await startSample();
    const second = await startSample();
    let { address } = first;
    const router: ObjectClientOptions['router'] = {
      route: () => destination(address),
      forget: () => {
        address = second.address;
      },
    };
    return new Scene(
      first,
      second,
      new ObjectClient({ clock: systemClock, transport: grpcTransport, router, ...options }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await this.first[Symbol.asyncDispose]();
    await this.second[Symbol.asyncDispose]();
  }
}
