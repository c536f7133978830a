import { expect } from 'chai';

import { systemClock } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';
import { destination, ObjectClient } from '@patchbay/session/client';
import { ServerSession } from '@patchbay/session/server';
import { makeSample, type Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { grpcTransport } from '../../src/client/grpc-transport.js';
import { type SampleServer, startSample } from '../sample.js';

describe('a batch', function () {
  this.timeout(30_000);
  let server: SampleServer;
  let client: ObjectClient;

  beforeEach(async () => {
    server = await startSample();
    client = connectTo(server.address);
  });

  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('sends nothing before it is run', async () => {
    const batch = client.batch();
    const sample = batch.proxy<Sample>('sample');
    sample.pause(0);
    await client.proxy<Sample>('sample').echo('something else');
    expect(server.notes).to.deep.equal([]);
    await batch.run();
    expect(server.notes).to.deep.equal(['paused']);
  });

  it('returns the results in the order of its calls, whichever ends first', async () => {
    const batch = client.batch();
    const sample = batch.proxy<Sample>('sample');
    sample.pause(200);
    sample.echo('b');
    sample.count(3);
    const endpoint = server.address;
    expect(await batch.run()).to.deep.equal([
      { status: 'fulfilled', value: 'done', endpoint },
      { status: 'fulfilled', value: 'b', endpoint },
      { status: 'fulfilled', value: 3, endpoint },
    ]);
  });

  it('returns the other results when one call fails', async () => {
    const [first, failed, wrong, last] = await client.batch((batch) => {
      const sample = batch.proxy<Sample>('sample');
      return [sample.echo(1), sample.fail(), sample.echo(1n), sample.echo(2)];
    });
    expect(first).to.include({ status: 'fulfilled', value: 1 });
    expect(failed.status === 'rejected' && failed.reason.reason).to.equal('NAME_INVALID');
    expect(wrong.status === 'rejected' && wrong.reason.reason).to.equal('ARGUMENT_INVALID');
    expect(last).to.include({ status: 'fulfilled', value: 2 });
  });

  it('has the types of its calls', async () => {
    const [paused, counted] = await client.batch((batch) => {
      const sample = batch.proxy<Sample>('sample');
      // @ts-expect-error an argument has the wrong type
      sample.pause('long');
      return [sample.pause(0), sample.count(1)];
    });
    const word: 'done' = paused.status === 'fulfilled' ? paused.value : 'done';
    // @ts-expect-error it returns a number
    const text: string = counted.status === 'fulfilled' ? counted.value : '';
    expect([word, text]).to.deep.equal(['done', 1]);
  });

  it('sends the calls that its function returns, and no others', async () => {
    const results = await client.batch((batch) => {
      const sample = batch.proxy<Sample>('sample');
      sample.pause(0);
      return [sample.echo(1)];
    });
    expect(results).to.have.length(1);
    expect(server.notes).to.deep.equal([]);
  });

  it('of a hundred calls is one message', async () => {
    await client.proxy<Sample>('sample').echo('open');
    const messages = await countMessages(() =>
      client.batch((batch) =>
        Array.from({ length: 100 }, (_, index) => batch.proxy<Sample>('sample').echo(index)),
      ),
    );
    expect(messages).to.equal(1);
  });

  it('goes to several objects on several servers', async () => {
    await using other = await startSample({ objects: { other: makeSample([], []) } });
    await using both = new ObjectClient({
      clock: systemClock,
      transport: grpcTransport,
      router: {
        route: (object) => destination(object === 'other' ? other.address : server.address),
        forget: () => undefined,
      },
    });
    const results = await both.batch((batch) => [
      batch.proxy<Sample>('sample').echo('here'),
      batch.proxy<Sample>('other').echo('there'),
    ]);
    expect(results).to.deep.equal([
      { status: 'fulfilled', value: 'here', endpoint: server.address },
      { status: 'fulfilled', value: 'there', endpoint: other.address },
    ]);
  });

  it('may have more calls than a session allows in flight', async () => {
    const batch = client.batch();
    const numbers = Array.from({ length: 3_000 }, (_, index) => index);
    for (const number of numbers) {
      batch.proxy<Sample>('sample').echo(number);
    }
    const results = await batch.run();
    expect(results.map((each) => (each.status === 'fulfilled' ? each.value : each.reason))).to.deep.equal(
      numbers,
    );
  });

  it('without calls returns no results', async () => {
    expect(await client.batch().run()).to.deep.equal([]);
    expect(await client.batch(() => [])).to.deep.equal([]);
  });

  it('runs once, and accepts no calls afterwards', async () => {
    const batch = client.batch();
    const sample = batch.proxy<Sample>('sample');
    sample.pause(0);
    await batch.run();
    expect((await refusal(batch.run())).reason).to.equal('BATCH_DONE');
    expect(() => sample.echo('late')).to.throw(/already run/);
    expect(server.notes).to.deep.equal(['paused']);
  });

  it('has one time limit for all its calls', async () => {
    const batch = client.batch({ timeoutMs: 200 });
    const sample = batch.proxy<Sample>('sample');
    for (let index = 0; index < 600; index++) {
      sample.hang(); // the last of them never start
    }
    sample.echo('late');
    const results = await batch.run();
    const reasons = results.map((each) => each.status === 'rejected' && each.reason.reason);
    expect(new Set(reasons)).to.deep.equal(new Set(['DEADLINE_PASSED']));
    expect(server.notes.filter((note) => note === 'hang began').length).to.equal(512);
    expect((await refusal(client.batch({ timeoutMs: 0 }).run())).reason).to.equal('ARGUMENT_INVALID');
  });

  it('is cancelled by its signal', async () => {
    const abort = new AbortController();
    const running = client.batch((batch) => [batch.proxy<Sample>('sample').hang()], { signal: abort.signal });
    await eventually(() => server.notes.includes('hang began'));
    abort.abort();
    const [result] = await running;
    expect(result.status === 'rejected' && result.reason.reason).to.equal('CALL_CANCELLED');
    await eventually(() => server.notes.includes('hang aborted'));
    const late = await client.batch((batch) => [batch.proxy<Sample>('sample').echo(1)], {
      signal: abort.signal,
    });
    expect(late[0].status === 'rejected' && late[0].reason.message).to.match(/before it began/);
  });
});

/** Counts the messages that the servers of this process receive meanwhile. */
async function countMessages(meanwhile: () => Promise<unknown>): Promise<number> {
  const { prototype } = ServerSession;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on each session below
  const { receive } = prototype;
  let messages = 0;
  prototype.receive = function (message) {
    messages++;
    receive.call(this, message);
  };
  try {
    await meanwhile();
  } finally {
    prototype.receive = receive;
  }
  return messages;
}
