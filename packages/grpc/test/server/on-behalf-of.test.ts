import { type Client, type ClientDuplexStream, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';

import { silentLog, systemClock } from '@patchbay/objects';
import { defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { ClusterPolicy } from '@patchbay/objects/identity';
import { Scratch } from '@patchbay/objects/testing';

import { ObjectServer } from '../../src/server/index.js';
import { fromGrpcStatus } from '../../src/status.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';

interface Objects extends Client {
  Call(request: object, metadata: Metadata): ClientReadableStream<{ result?: { stringValue: string } }>;
  Session(metadata: Metadata): ClientDuplexStream<object, object>;
}

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'member',
      returns: z.string(),
      run: ({ caller }) => `${caller.principal} by ${String(caller.delegate)}`,
    }),
  },
});

describe('On whose behalf a client of any language calls', () => {
  let scratch: Scratch;
  let server: ObjectServer;
  let client: Objects;

  before(async () => {
    scratch = await Scratch.make();
    const delegations = new ClusterPolicy({
      ...{ revision: 1, cluster: 'c1', roots: [], grants: [] },
      principals: [{ principal: 'user:alice', state: 'active', groups: [], fingerprints: [] }],
    });
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog, delegations });
    dispatcher.host('desk', desk);
    const listen = `unix:${scratch.file('run', 'socket')}`;
    server = await ObjectServer.start({ listen, dispatcher });
    client = dial<Objects>(listen, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
  });
  after(async () => {
    client.close();
    await server.close();
    await scratch.close();
  });

  function metadataOf(...given: readonly string[]): Metadata {
    const metadata = new Metadata();
    for (const each of given) {
      metadata.add('x-patchbay-on-behalf-of', each);
    }
    return metadata;
  }

  it('is taken from the metadata of a Call', async () => {
    const { answers } = await readAll(
      client.Call({ object: 'desk', method: 'who' }, metadataOf('user:alice')),
    );
    expect(answers).to.have.nested.property('[0].result.stringValue', 'user:alice by local');
  });

  const attacks: Record<string, readonly [given: readonly string[], reason: string]> = {
    'nobody that there is': [['user:nobody'], 'DELEGATION_REFUSED'],
    local: [['local'], 'LOGIN_REQUIRED'],
    anonymous: [['anonymous'], 'ARGUMENT_INVALID'],
    nothing: [[''], 'ARGUMENT_INVALID'],
    'two users': [['user:alice', 'user:bob'], 'ARGUMENT_INVALID'],
    'a SPIFFE ID': [['spiffe://c1/user/alice'], 'ARGUMENT_INVALID'],
    'another path': [['user:alice/../../host/web1'], 'ARGUMENT_INVALID'],
    '10 KiB': [[`user:${'a'.repeat(10_240)}`], 'ARGUMENT_INVALID'],
  };
  for (const [what, [given, reason]] of Object.entries(attacks)) {
    it(`fails with ${reason} for ${what}`, async () => {
      const call = client.Call({ object: 'desk', method: 'who' }, metadataOf(...given));
      const { answers, error } = await readAll(call);
      expect(error && fromGrpcStatus(error).reason).to.equal(reason);
      expect(error?.details).to.have.length.below(400);
      expect(answers).to.deep.equal([]);
    });
  }

  it('is not taken from the metadata of a session, which would then call on its own behalf', async () => {
    const { error } = await readAll(client.Session(metadataOf('user:alice')));
    expect(error && fromGrpcStatus(error).reason).to.equal('ARGUMENT_INVALID');
  });
});
