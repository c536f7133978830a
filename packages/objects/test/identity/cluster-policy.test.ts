import { expect } from 'chai';

import type { Caller, PolicyDocument, PolicyGrant } from '../../src/index.js';
import { ClusterPolicy, isUnknownCaller } from '../../src/identity/index.js';
import { isAuthorized, policyDocument } from '../../src/define.js';

const key = `SHA256:${'k'.repeat(43)}`;
const otherKey = `SHA256:${'o'.repeat(43)}`;
const document: PolicyDocument = {
  revision: 7,
  cluster: 'c1',
  roots: ['ROOT'],
  principals: [
    { principal: 'user:alice', state: 'active', groups: ['ops'], fingerprints: [key] },
    { principal: 'user:bob', state: 'active', groups: ['ops'], fingerprints: [otherKey] },
    { principal: 'host:web1', state: 'active', groups: [], fingerprints: [key] },
    { principal: 'host:h2', state: 'revoked', groups: [], fingerprints: [key] },
  ],
  grants: [
    { id: 'g1', to: 'group:ops', role: 'operator', objects: 'storage*', methods: 'create_*', untilMs: 2000 },
    { id: 'g2', to: 'group:ops', role: 'viewer', objects: '**', methods: '*' },
    { id: 'g3', to: 'host:web1', role: 'delegate', objects: 'storage*', methods: '*' },
  ],
};

function callerOf(
  policy: ClusterPolicy,
  ...[principal, fingerprint]: readonly [`user:${string}`, string]
): Caller {
  const caller = policy.callerOf(principal, fingerprint, 'peer');
  if (isUnknownCaller(caller)) {
    throw new Error(caller.message);
  }
  return caller;
}

function mayCreate(caller: Caller): boolean {
  const [object, method] = ['storage', 'create_disk'];
  return isAuthorized({ caller, action: 'call', object, method, access: 'operate' });
}

describe('The policy of a cluster', () => {
  const time = { ms: 1000 };
  let policy: ClusterPolicy;
  beforeEach(() => {
    time.ms = 1000;
    policy = new ClusterPolicy(document, { now: () => time.ms });
  });

  it('makes a caller of a principal and its key, with its groups and their roles', () => {
    expect(callerOf(policy, 'user:alice', key)).to.deep.equal({
      peer: 'peer',
      principal: 'user:alice',
      groups: ['ops'],
      roles: [
        { role: 'operator', objects: 'storage*', methods: 'create_*' },
        { role: 'viewer', objects: '**', methods: '*' },
      ],
    });
  });

  it('lets callers with the same grants share their roles, also after a change of something else', () => {
    const { roles } = callerOf(policy, 'user:alice', key);
    expect(callerOf(policy, 'user:bob', otherKey).roles).to.equal(roles);
    policy.apply({ revision: 8, removedPrincipals: ['host:web1'] });
    expect(callerOf(policy, 'user:alice', key).roles).to.equal(roles);
  });

  for (const [what, principal, fingerprint, reason] of [
    ['nobody knows', 'user:carol', key, 'CALLER_UNKNOWN'],
    ['is a prefix of one', 'user:ali', key, 'CALLER_UNKNOWN'],
    ['was revoked', 'host:h2', key, 'CERTIFICATE_REVOKED'],
    ['has another key', 'user:alice', otherKey, 'CERTIFICATE_REVOKED'],
  ] as const) {
    it(`makes none of a principal that ${what}`, () => {
      expect(policy.callerOf(principal, fingerprint, 'peer')).to.deep.include({ reason });
    });
  }

  it('lets roots vouch for whatever key where it says so, and still knows nobody who is not active', () => {
    const vouched = new ClusterPolicy({ ...document, roots: [], certificates: 'vouched' });
    const reasonOf = (principal: `user:${string}` | `host:${string}`): string | undefined => {
      const caller = vouched.callerOf(principal, 'SHA256:other', 'peer');
      return isUnknownCaller(caller) ? caller.reason : undefined;
    };
    expect(reasonOf('user:alice')).to.equal(undefined);
    expect(reasonOf('user:carol')).to.equal('CALLER_UNKNOWN');
    expect(reasonOf('host:h2')).to.equal('CERTIFICATE_REVOKED');
    expect(policyDocument.parse(vouched.document)).to.have.property('certificates', 'vouched');
    vouched.replace(document);
    expect(reasonOf('user:alice')).to.equal('CERTIFICATE_REVOKED');
  });

  it('ends a grant when its time has come, and tells then', () => {
    let told = 0;
    policy.onChange(() => (told += 1));
    expect(policy.nextEndMs).to.equal(2000);
    expect(mayCreate(callerOf(policy, 'user:alice', key))).to.equal(true);
    policy.expire();
    expect(told).to.equal(0);
    time.ms = 2000;
    policy.expire();
    expect(told).to.equal(1);
    expect(mayCreate(callerOf(policy, 'user:alice', key))).to.equal(false);
    expect(policy.nextEndMs).to.equal(Infinity);
  });

  it('follows what the authority says', () => {
    const granted: PolicyGrant = { id: 'g4', to: 'user:bob', role: 'admin', objects: '**', methods: '*' };
    policy.follow({
      type: 'change',
      change: { revision: 8, grants: [granted], removedGrants: ['g1', 'g2'] },
    });
    expect(callerOf(policy, 'user:alice', key).roles).to.deep.equal([]);
    expect(callerOf(policy, 'user:bob', otherKey).roles).to.have.length(1);
    policy.follow({ type: 'unchanged', revision: 8 });
    expect(policyDocument.parse(policy.document)).to.deep.equal({
      ...document,
      revision: 8,
      grants: [document.grants[2], granted],
    });
    policy.follow({ type: 'document', document });
    expect(policy.document).to.deep.equal(document);
  });

  it('knows who may call on behalf of others, and as whom', () => {
    expect(policy.mayDelegate('host:web1', 'storage/v2')).to.equal(false);
    expect(policy.mayDelegate('host:web1', 'storage')).to.equal(true);
    expect(policy.mayDelegate('user:alice', 'storage')).to.equal(false);
    const caller = policy.callerFor('user:alice', 'peer', 'host:web1');
    expect(caller).to.deep.include({ principal: 'user:alice', delegate: 'host:web1' });
    expect(policy.callerFor('host:h2', 'peer')).to.equal(undefined);
  });
});
