import { expect } from 'chai';

import { formatSpiffeId, parseSpiffeId, principalOf } from '../../src/identity/spiffe-id.js';

describe('A SPIFFE ID', () => {
  for (const id of [
    { cluster: 'c1', kind: 'host', name: 'web1' },
    { cluster: '0a1b', kind: 'user', name: 'alice' },
    { cluster: 'prod.example_1.org', kind: 'host', name: 'web1' },
    { cluster: 'c1', kind: 'nameserver', name: 'n'.repeat(63) },
  ] as const) {
    it(`is read as it was written: ${formatSpiffeId(id).slice(0, 40)}`, () => {
      expect(parseSpiffeId(formatSpiffeId(id))).to.deep.equal(id);
    });
  }

  for (const text of [
    '',
    'spiffe://c1/host/',
    'spiffe://c1/host/web1/',
    'spiffe://c1/host/web1\n',
    'spiffe://c1/host/web1?x',
    'spiffe://c1/host/Web1',
    'spiffe://c1/host/-web1',
    `spiffe://c1/host/${'n'.repeat(64)}`,
    'spiffe://c1/robot/web1',
    'spiffe://c1:1/host/web1',
    'spiffe://u@c1/host/web1',
    'SPIFFE://c1/host/web1',
    'xspiffe://c1/host/web1',
    'spiffe:///host/web1',
    'spiffe://c1/host/web1, URI:spiffe://c1/host/web2',
  ]) {
    it(`is compared whole: ${JSON.stringify(text.slice(0, 50))} is none`, () => {
      expect(parseSpiffeId(text)).to.equal(undefined);
    });
  }

  it('of a host or a user is a principal, and of a name server is none', () => {
    expect(principalOf({ kind: 'host', name: 'web1' })).to.equal('host:web1');
    expect(principalOf({ kind: 'nameserver', name: 'web1' })).to.equal(undefined);
  });
});
