import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { startSample } from '../sample.js';

const failureMessage = 'a one-way call failed; its caller is not notified';

describe('a one-way call', function () {
  this.timeout(30_000);

  it('resolves when it is sent, while its method still runs', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const call = client.proxy<Sample>('sample').with({ oneWay: true }).pause(500);
    await call;
    expect(call.endpoint).to.equal(server.address);
    expect(server.notes).to.deep.equal([]);
    await eventually(() => server.notes.includes('paused'));
  });

  it('reaches its server even if the client is closed at once', async () => {
    await using server = await startSample();
    {
      await using client = connectTo(server.address);
      const text = 'x'.repeat(1_000_000);
      await client.call('sample', 'echo', [text], { oneWay: true });
      await client.proxy<Sample>('sample').with({ oneWay: true }).pause(200);
    }
    await eventually(() => server.notes.includes('paused'));
  });

  it('has neither items nor a result, and leaves nothing behind in the session', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const call = client.proxy<Sample>('sample').with({ oneWay: true }).count(1_000, 1_000);
    const items: unknown[] = [];
    for await (const item of call) {
      items.push(item);
    }
    expect(items).to.deep.equal([]);
    await eventually(() => server.notes.includes('finally'));
    expect(server.notes.filter((note) => note === 'yield')).to.have.length(1_000);
    expect(server.dispatcher.running).to.equal(0);
  });

  it('that fails is logged on the server under its id', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const sample = client.proxy<Sample>('sample').with({ oneWay: true });
    const calls = [sample.fail(), sample.crash(), client.call('sample', 'none', [], { oneWay: true })];
    await Promise.all(calls);
    await eventually(() => server.log.lines.filter(({ message }) => message === failureMessage).length === 3);
    const logged = server.log.lines.filter(({ message }) => message === failureMessage);
    expect(logged.map(({ fields }) => fields.callId)).to.deep.equal(calls.map(({ callId }) => callId));
    expect(logged.map(({ fields }) => (fields.error as { reason: string }).reason)).to.deep.equal([
      'NAME_INVALID',
      'UNEXPECTED',
      'METHOD_NOT_FOUND',
    ]);
  });

  it('counts against the limit of calls, above which it is dropped and logged', async () => {
    await using server = await startSample({ maxCalls: 2 });
    await using client = connectTo(server.address);
    const sample = client.proxy<Sample>('sample').with({ oneWay: true });
    await Promise.all([sample.hang(), sample.hang(), sample.hang()]);
    await eventually(() => server.log.lines.some(({ message }) => message === failureMessage));
    expect(server.notes).to.deep.equal(['hang began', 'hang began']);
    const [line] = server.log.lines;
    expect((line?.fields.error as { reason: string }).reason).to.equal('CALLS_EXHAUSTED');
  });

  it('is aborted by its time limit, although nobody waits for it', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    await client.proxy<Sample>('sample').with({ oneWay: true, timeoutMs: 300 }).hang();
    await eventually(() => server.notes.includes('hang aborted'));
  });

  it('is not retried when the server that received it is lost', async () => {
    const first = await startSample();
    await using client = connectTo(first.address);
    await client.proxy<Sample>('sample').with({ oneWay: true }).hangSafely();
    await eventually(() => first.notes.includes('hangSafely began'));
    first.dispatcher.cancelAll(new Error('going') as never);
    await first[Symbol.asyncDispose]();
    await using second = await startSample({ listen: first.address });
    expect(await client.call('sample', 'echo', ['hello'])).to.equal('hello');
    expect(second.notes).to.deep.equal([]);
  });

  it('rejects when it cannot be sent', async () => {
    await using client = connectTo('127.0.0.1:1');
    const sample = client.proxy<Sample>('sample').with({ oneWay: true });
    expect((await refusal(sample.hang())).reason).to.equal('CONNECTION_LOST');
    expect((await refusal(sample.echo(1n))).reason).to.equal('ARGUMENT_INVALID');
  });

  it('cannot have streams or functions among its arguments', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const error = await refusal(client.call('sample', 'echo', [() => 1], { oneWay: true }));
    expect(error.reason).to.equal('ARGUMENT_INVALID');
    expect(error.message).to.include('one-way');
  });
});
