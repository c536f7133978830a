import type { CallOptions, Client, ClientReadableStream } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';

import { type Caller, localCaller, systemClock } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { ObjectClient, routeTo } from '@patchbay/session/client';

import { grpcTransport } from '../../src/client/grpc-transport.js';
import type { Connection } from '../../src/server/index.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';
import { type SampleServer, startSample } from '../sample.js';

interface Objects extends Client {
  Call(request: object, options?: CallOptions): ClientReadableStream<unknown>;
}

const mirror = defineObject({
  summary: 'A mirror',
  methods: {
    who: method({ summary: 'Return who calls', returns: z.string(), run: ({ caller }) => caller.principal }),
  },
});

describe('The caller of a server of objects', () => {
  let server: SampleServer;
  const asked: Connection[] = [];

  before(async () => {
    const identify = (connection: Connection): Caller => {
      asked.push(connection);
      return { ...localCaller(connection.peer), principal: `user:number-${String(asked.length)}` };
    };
    server = await startSample({ objects: { mirror }, identify });
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    asked.length = 0;
  });

  it('is who is at the other end of a session', async () => {
    const router = routeTo(server.address);
    await using client = new ObjectClient({ clock: systemClock, transport: grpcTransport, router });
    const proxy = client.proxy<{ who: { args: readonly []; result: string; item: never } }>('mirror');
    expect([await proxy.who(), await proxy.who()]).to.deep.equal(['user:number-1', 'user:number-1']);
  });

  it('is identified once for each connection, by its socket', async () => {
    const objects = dial<Objects>(server.address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
    try {
      const who = async (): Promise<unknown> =>
        (await readAll(objects.Call({ object: 'mirror', method: 'who' }))).answers[0];
      const answers = [await who(), await who()];
      expect(answers).to.have.nested.property('[0].result.stringValue', 'user:number-1');
      expect(answers[1]).to.deep.equal(answers[0]);
      const [connection] = asked;
      expect(asked.length).to.equal(1);
      expect(connection?.peer).to.equal(`127.0.0.1:${String(connection?.socket.remotePort)}`);
    } finally {
      objects.close();
    }
  });
});
