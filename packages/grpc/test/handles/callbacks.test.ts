import { expect } from 'chai';

import { coreError } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

import { connectTo } from '../../src/client/grpc-transport.js';
import { type SampleServer, startSample } from '../sample.js';
import { makeWorkshop, type Workshop } from './workshop.js';

describe('functions among the arguments', function () {
  this.timeout(30_000);
  let server: SampleServer;
  let client: ObjectClient;
  let workshop: RemoteObject<Workshop>;

  beforeEach(async () => {
    server = await startSample({
      objects: { workshop: makeWorkshop({ made: [], released: [], calls: [] }) },
    });
    client = connectTo(server.address);
    workshop = client.proxy<Workshop>('workshop');
  });

  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('are called by the method with its values, and return theirs', async () => {
    const asked: number[] = [];
    const sum = await workshop.sum(4, (index) => {
      asked.push(index);
      return index * 10;
    });
    expect(sum).to.equal(60);
    expect(asked).to.deep.equal([0, 1, 2, 3]);
  });

  it('may take their time, and call the server themselves', async () => {
    const sum = await workshop.sum(3, async (index) => workshop.sum(1, () => index));
    expect(sum).to.equal(3);
  });

  it('report to the method why they failed', async () => {
    const error = await refusal(
      workshop.sum(1, () => {
        throw new Error('the cable is out');
      }),
    );
    expect(error).to.include({ code: 'ABORTED', reason: 'CALLBACK_FAILED' });
    expect(error.message).to.contain('the cable is out');
    const own = await refusal(
      workshop.sum(1, () => {
        throw coreError('CALLER_REFUSED', 'not today');
      }),
    );
    expect(own).to.include({ code: 'PERMISSION_DENIED', reason: 'CALLER_REFUSED' });
  });

  it('must return what the schema declares', async () => {
    const error = await refusal(workshop.sum(1, () => 'ten' as unknown as number));
    expect(error.reason).to.equal('ARGUMENT_INVALID');
  });

  it('cannot be called when the call has ended', async () => {
    await workshop.keep(() => 1);
    const error = await refusal(workshop.callKept());
    expect(error.message).to.contain('the call has ended');
  });

  it('fail in the method when its caller cancels the call', async () => {
    const call = workshop.sum(1, () => new Promise(() => undefined));
    await eventually(() => server.dispatcher.running === 1);
    call.cancel();
    await eventually(() => server.dispatcher.running === 0);
  });

  it('fail in the method when the connection is lost', async () => {
    const call = workshop.sum(1, () => new Promise(() => undefined));
    await eventually(() => server.dispatcher.running === 1);
    await client[Symbol.asyncDispose]();
    expect((await refusal(call)).code).to.equal('UNAVAILABLE');
    await eventually(() => server.dispatcher.running === 0);
  });
});
