import { createPublicKey } from 'node:crypto';

import { expect } from 'chai';

import { ClusterPolicy, fingerprintOf } from '@patchbay/objects/identity';
import { eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';

import { CurrentIdentity } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';
import { startSample } from '../sample.js';
import { connectTls, mirror, type Mirror } from './scene.js';

const minuteMs = 60_000;

describe('A caller of whom the server has not heard', () => {
  const authority = new TestAuthority();
  const host = new CurrentIdentity(authority.identity('host/h1'));
  let policy: ClusterPolicy;
  let asked: number;
  const callerOf: ClusterPolicy['callerOf'] = (...of) => {
    asked++;
    return policy.callerOf(...of);
  };

  beforeEach(() => {
    policy = new ClusterPolicy({ revision: 1, cluster: 'c1', roots: [], principals: [], grants: [] });
    asked = 0;
  });

  after(() => {
    authority[Symbol.dispose]();
  });

  for (const [what, ask, answer] of [
    ['calls', (client: ObjectClient) => client.proxy<Mirror>('mirror').read(), 'seen'],
    [
      'asks for a description',
      async (client: ObjectClient) => (await client.describe('mirror')).name,
      'mirror',
    ],
  ] as const) {
    it(`waits where its certificate is new, until the policy knows it, when it ${what}`, async () => {
      const alice = authority.identity('user/alice', { beginsAtMs: Date.now() - 10 * minuteMs });
      await using sample = await startSample({ objects: { mirror }, identity: host, callerOf });
      await using client = connectTls(sample.address, alice);
      const asking = ask(client);
      await eventually(() => asked === 2);
      policy.apply({
        revision: 2,
        principals: [
          {
            principal: 'user:alice',
            state: 'active',
            fingerprints: [fingerprintOf(createPublicKey(alice.privateKey))],
            groups: [],
          },
        ],
        grants: [{ id: 'g1', to: 'user:alice', role: 'viewer', objects: '**', methods: '*' }],
      });
      sample.server.reidentify();
      expect(await asking).to.equal(answer);
    });
  }

  it('is told why when its time ends meanwhile', async () => {
    const alice = authority.identity('user/alice', { beginsAtMs: Date.now() - 10 * minuteMs });
    await using sample = await startSample({ objects: { mirror }, identity: host, callerOf });
    await using client = connectTls(sample.address, alice);
    const error = await refusal(client.proxy<Mirror>('mirror').with({ timeoutMs: 2_000 }).read());
    expect(error).to.include({ reason: 'CALLER_UNKNOWN' });
  });

  it('is refused at once where its certificate is older', async () => {
    const alice = authority.identity('user/alice', { beginsAtMs: Date.now() - 13 * minuteMs });
    await using sample = await startSample({ objects: { mirror }, identity: host, callerOf });
    await using client = connectTls(sample.address, alice);
    const error = await refusal(client.proxy<Mirror>('mirror').read());
    expect([error.reason, asked]).to.deep.equal(['CALLER_UNKNOWN', 1]);
  });
});
