import { expect } from 'chai';

import { RpcError } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import type { Authenticate, ShownPeer, Trust } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';
import { connectTls, type Mirror, startMirror, TestPolicy } from './scene.js';

describe('A server whose program decides who calls', () => {
  const authority = new TestAuthority();
  const host = authority.identity('host/h1');
  const alice = authority.identity('user/alice');
  const forged = authority.selfSigned('spiffe://c1/user/alice');
  const policy = new TestPolicy();
  policy.add(alice);
  after(() => {
    authority[Symbol.dispose]();
  });

  async function callWith(authenticate: Authenticate, proof: Partial<Trust> = {}): Promise<string> {
    await using server = await startMirror(host, policy, { authenticate });
    const trust = { cluster: 'c1', roots: host.roots, ...proof };
    await using client = connectTls(server.address, trust);
    await client.proxy<Mirror>('mirror').read();
    return await client.proxy<Mirror>('mirror').who();
  }

  const roles = [{ role: 'viewer', objects: '**', methods: '*' }] as const;

  it('asks it with what the other end has shown, and whether a root vouches for that', async () => {
    const shown: ShownPeer[] = [];
    const authenticate: Authenticate = (peer) => {
      shown.push(peer);
      return { principal: 'user:guest', groups: [], roles };
    };
    for (const proof of [alice, forged, {}]) {
      expect(await callWith(authenticate, proof)).to.equal('user:guest');
    }
    expect(shown.map(({ certificate }) => certificate?.subjectAltName?.split(',')[0])).to.deep.equal([
      'URI:spiffe://c1/user/alice',
      'URI:spiffe://c1/user/alice',
      undefined,
    ]);
    expect(shown.map(({ trouble }) => trouble)).to.deep.equal([
      undefined,
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      undefined,
    ]);
    expect(shown[0]?.fingerprint).to.match(/^SHA256:/);
  });

  it('leaves to the policy whom it does not know, and refuses with its reason', async () => {
    expect(await callWith(() => undefined, alice)).to.equal('user:alice');
    const refused = new RpcError('UNAUTHENTICATED', 'BADGE_LOST', 'the badge was lost');
    await refusal(
      callWith(() => refused, alice),
      'BADGE_LOST',
    );
  });

  const faulty: readonly [what: string, authenticate: Authenticate][] = [
    [
      'throws',
      () => {
        throw new Error('no such table');
      },
    ],
    ['makes somebody local', () => ({ principal: 'local' as 'user:x', groups: [], roles })],
    ['has nobody’s name', () => ({ principal: 'user:' as const, groups: [], roles })],
  ];
  for (const [what, authenticate] of faulty) {
    it(`takes nobody in where it ${what}`, async () => {
      const { message } = await refusal(callWith(authenticate, alice), 'CALLER_UNKNOWN');
      expect(message).not.to.include('table');
    });
  }
});
