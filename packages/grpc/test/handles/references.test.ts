import { expect } from 'chai';

import { collectGarbage, eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

import { connectTo } from '../../src/client/grpc-transport.js';
import { type SampleServer, startSample } from '../sample.js';
import { makeWorkshop, type Workshop, type WorkshopNotes } from './workshop.js';

describe('objects that a method hands out', function () {
  this.timeout(60_000);
  let notes: WorkshopNotes;
  let server: SampleServer;
  let client: ObjectClient;
  let workshop: RemoteObject<Workshop>;

  beforeEach(async () => {
    notes = { made: [], released: [], calls: [] };
    server = await startSample({ objects: { workshop: makeWorkshop(notes) } });
    client = connectTo(server.address);
    workshop = client.proxy<Workshop>('workshop');
  });

  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('are called like any other', async () => {
    const node = await workshop.node('node7');
    expect(await node.name()).to.equal('node7');
    expect(await node.snapshot('a')).to.equal('node7@a');
    expect(await node.with({ timeoutMs: 1000 }).name()).to.equal('node7');
  });

  it('are called before the call that returns them has ended', async () => {
    expect(await workshop.node('node7', 100).snapshot('x')).to.equal('node7@x');
  });

  it('are called before there is even a connection, many at once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `node${String(index)}`);
    const taken = await Promise.all(names.map((name) => workshop.node(name).snapshot('x')));
    expect(taken).to.deep.equal(names.map((name) => `${name}@x`));
  });

  it('are called when the call that gave them has returned, by the call itself too', async () => {
    const call = workshop.node('node7');
    await call;
    expect(await call.name()).to.equal('node7');
  });

  it('may be among other things, and among items', async () => {
    const call = workshop.nodes(['a', 'b']);
    const names: string[] = [];
    for await (const { node } of call) {
      names.push(await node.name());
    }
    const { count, first } = await call;
    expect([count, await first.name(), ...names]).to.deep.equal([2, 'first', 'a', 'b']);
  });

  it('may be given back to the server that they are of', async () => {
    expect(await workshop.nameOf(await workshop.node('node7'))).to.equal('Return the name');
  });

  it('fail what was called on them with the call that should have given them', async () => {
    const error = await refusal(workshop.node('missing', 50).snapshot('x'));
    expect(error).to.include({ code: 'NOT_FOUND', reason: 'OBJECT_NOT_FOUND' });
    const late = workshop.node('missing');
    await refusal(late);
    expect((await refusal(late.snapshot('x'))).reason).to.equal('OBJECT_NOT_FOUND');
    expect(notes.calls).to.deep.equal([]);
  });

  it('report what is missing: an unknown method, a result that is no object', async () => {
    const node = (await workshop.node('node7')) as unknown as { snapshott(): Promise<unknown> };
    const unknown = await refusal(node.snapshott());
    expect(unknown.reason).to.equal('METHOD_NOT_FOUND');
    expect(unknown.message).to.contain('workshop.node()').and.contain('snapshot');
    const plain = workshop.plain() as unknown as { name(): Promise<unknown> };
    expect((await refusal(plain.name())).reason).to.equal('METHOD_NOT_FOUND');
  });

  it('are released when they are disposed of, and can no longer be called', async () => {
    const node = await workshop.node('node7');
    node[Symbol.dispose]();
    await eventually(() => notes.released.length === 1);
    expect((await refusal(node.name())).reason).to.equal('REFERENCE_RELEASED');
    {
      await using again = await workshop.node('node8');
      expect(await again.name()).to.equal('node8');
    }
    await eventually(() => notes.released.length === 2);
  });

  it('are released when the session ends', async () => {
    await workshop.node('node7');
    await workshop.nodes(['a', 'b']);
    await client[Symbol.asyncDispose]();
    await eventually(() => notes.released.length === 4);
  });

  it('cannot be called when their connection has ended', async () => {
    const node = await workshop.node('node7');
    await server[Symbol.asyncDispose]();
    await eventually(async () => (await refusal(node.name())).reason === 'REFERENCE_LOST');
  });

  it('are released when a result arrives for a call that was cancelled', async () => {
    const racing = Array.from({ length: 100 }, () => workshop.node('racer'));
    await workshop.plain();
    for (const each of racing) {
      each.cancel();
    }
    await Promise.allSettled(racing);
    await eventually(() => server.dispatcher.running === 0);
    racing.length = 0; // some were returned before they were cancelled: nothing may reference those
    await eventually(() => {
      collectGarbage();
      expect(notes.made).to.have.length(100);
      expect(notes.released).to.have.length(100);
    });
  });

  it('are released when nothing references them any more', async () => {
    for (let index = 0; index < 20; index++) {
      await workshop.node('forgotten').snapshot('x');
    }
    await eventually(() => {
      collectGarbage();
      return notes.released.length >= 19;
    });
  });
});
