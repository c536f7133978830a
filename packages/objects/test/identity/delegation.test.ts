import { expect } from 'chai';

import {
  anonymousCaller,
  type Caller,
  insecureCaller,
  localCaller,
  type Principal,
} from '../../src/identity/caller.js';
import { ClusterPolicy } from '../../src/identity/cluster-policy.js';
import { effectiveCaller, onBehalfOfError } from '../../src/identity/delegation.js';
import { identityError } from '../../src/identity/identity-error.js';
import type { PolicyPrincipal } from '../../src/identity/policy-document.js';
import { refusalOf } from '../../src/testing/refusal.js';

const known = (
  principal: PolicyPrincipal['principal'],
  state: PolicyPrincipal['state'] = 'active',
  ...groups: string[]
): PolicyPrincipal => ({ principal, state, groups, fingerprints: [] });
const grant = (to: string, role: 'delegate' | 'operator', objects: string, methods = '*') => ({
  ...{ id: `${to} ${role} ${objects}`, to, role, objects, methods },
});

const policy = new ClusterPolicy({
  revision: 1,
  cluster: 'c1',
  roots: [],
  principals: [
    known('host:console', 'active', 'consoles'),
    known('host:jobs'),
    known('host:web1'),
    known('host:gone', 'revoked'),
    known('user:alice', 'active', 'ops'),
    known('user:deputy'),
    known('user:fired', 'revoked'),
  ],
  grants: [
    grant('group:consoles', 'delegate', 'storage*'),
    grant('host:jobs', 'delegate', 'storage', 'create_*'),
    grant('host:gone', 'delegate', '**'),
    grant('user:deputy', 'delegate', '**'),
    grant('group:ops', 'operator', 'storage'),
  ],
});
const storage = { object: 'storage', method: 'create_disk' };
const caller = (principal: Principal, more: Partial<Caller> = {}): Caller => ({
  ...{
    peer: '10.0.0.1:1',
    principal,
    groups: ['own'],
    roles: [{ role: 'admin', objects: '**', methods: '*' }],
  },
  ...more,
});

describe('A call on behalf of somebody', () => {
  it('is its own where that is the caller', () => {
    const alice = caller('user:alice');
    expect(effectiveCaller({ caller: alice, onBehalfOf: 'user:alice' }, storage, policy)).to.equal(alice);
  });

  const accepted: Record<string, readonly [Caller, typeof storage]> = {
    'a host whose group has the grant': [caller('host:console'), storage],
    'a host with the grant for the method': [caller('host:jobs'), storage],
    'a caller by the socket file': [localCaller('unix:/run/s'), { object: 'other', method: 'x' }],
  };
  for (const [who, [delegate, requested]] of Object.entries(accepted)) {
    it(`is taken from ${who}, with no right but those of whom it is for`, () => {
      expect(
        effectiveCaller({ caller: delegate, onBehalfOf: 'user:alice' }, requested, policy),
      ).to.deep.equal({
        peer: delegate.peer,
        principal: 'user:alice',
        groups: ['ops'],
        roles: [{ role: 'operator', objects: 'storage', methods: '*' }],
        delegate: delegate.principal,
      });
    });
  }

  const expired = identityError('CERTIFICATE_EXPIRED', 'it has ended');
  const refused: Record<string, readonly [Caller, string, typeof storage, reason: string]> = {
    'a host without the grant': [caller('host:web1'), 'user:alice', storage, 'DELEGATION_REFUSED'],
    'a host with the grant for other objects': [
      caller('host:console'),
      'user:alice',
      { object: 'other', method: 'x' },
      'DELEGATION_REFUSED',
    ],
    'a host with the grant for other methods': [
      caller('host:jobs'),
      'user:alice',
      { object: 'storage', method: 'status' },
      'DELEGATION_REFUSED',
    ],
    'a host that was revoked': [caller('host:gone'), 'user:alice', storage, 'DELEGATION_REFUSED'],
    'a user, whatever it was granted': [caller('user:deputy'), 'user:alice', storage, 'DELEGATION_REFUSED'],
    'who is anonymous': [anonymousCaller('p'), 'user:alice', storage, 'DELEGATION_REFUSED'],
    'who is anonymous since its certificate ended': [
      anonymousCaller('p', expired),
      'user:alice',
      storage,
      'CERTIFICATE_EXPIRED',
    ],
    'an admin over plain TCP': [insecureCaller('p'), 'user:alice', storage, 'DELEGATION_REFUSED'],
    'a delegate whose call is on behalf of another already': [
      caller('host:console', { delegate: 'local' }),
      'user:alice',
      storage,
      'DELEGATION_REFUSED',
    ],
    'a delegate for a user that was disabled': [
      caller('host:console'),
      'user:fired',
      storage,
      'DELEGATION_REFUSED',
    ],
    'a delegate for a user that there is not': [
      caller('host:console'),
      'user:nobody',
      storage,
      'DELEGATION_REFUSED',
    ],
    'the socket file for a host that was revoked': [
      localCaller('p'),
      'host:gone',
      storage,
      'DELEGATION_REFUSED',
    ],
    'a delegate for local': [caller('host:console'), 'local', storage, 'LOGIN_REQUIRED'],
    'the socket file for local': [localCaller('p'), 'local', storage, 'LOGIN_REQUIRED'],
    'a delegate for anonymous': [caller('host:console'), 'anonymous', storage, 'ARGUMENT_INVALID'],
  };
  for (const [who, [delegate, onBehalfOf, requested, reason]] of Object.entries(refused)) {
    it(`is refused to ${who} with ${reason}`, () => {
      const request = { caller: delegate, onBehalfOf };
      expect(refusalOf(() => effectiveCaller(request, requested, policy)).reason).to.equal(reason);
    });
  }

  it('is refused by a server that knows no principals, to the socket file too', () => {
    const request = { caller: localCaller('p'), onBehalfOf: 'user:alice' };
    const error = refusalOf(() => effectiveCaller(request, storage, undefined));
    expect(error.reason).to.equal('DELEGATION_REFUSED');
    expect(error.message).to.contain('no identity');
  });

  const malformed: Record<string, unknown> = {
    nothing: '',
    'no text': undefined,
    'a number': 7,
    'no kind': 'alice',
    'a group': 'group:ops',
    'capital letters': 'user:Alice',
    'a line break': 'user:alice\n',
    'a control character': 'user:al\u0000ice',
    'two names': 'user:alice,user:bob',
    '10 KiB': `user:${'a'.repeat(10_240)}`,
    'a SPIFFE ID': 'spiffe://c1/user/alice',
    'a path': 'user:alice/../../host/web1',
    'a name server': 'nameserver:ns1',
    'letters that look alike': 'user:аlice',
  };
  for (const [what, given] of Object.entries(malformed)) {
    it(`is malformed for ${what}, which the error shows escaped and cut`, () => {
      const error = onBehalfOfError(given);
      expect(error?.reason).to.equal('ARGUMENT_INVALID');
      expect(error?.message).to.have.length.below(160);
      expect(error?.message).to.not.match(/\p{Cc}/u);
    });
  }
});
