import { expect } from 'chai';

import { spiffeIdIn } from '../../src/secure/certificate.js';
import { serverError } from '../../src/secure/server-check.js';

describe('The name in a certificate', () => {
  const h1 = { cluster: 'c1', kind: 'host', name: 'h1' };
  for (const [names, id] of [
    ['URI:spiffe://c1/host/h1', h1],
    ['DNS:h1, URI:spiffe://c1/host/h1', h1],
    ['URI:spiffe://c1/host/h1, URI:spiffe://c1/host/h2', undefined],
    ['URI:spiffe://c1/host/h1, URI:https://example.org/', undefined],
    ['DNS:spiffe://c1/host/h1', undefined],
    ['DNS:"a, URI:spiffe://c1/host/h1, b"', undefined],
    ['URI:spiffe://c1/host/h1/x', undefined],
    [undefined, undefined],
  ] as const) {
    it(`of ${String(names)} is ${id === undefined ? 'none' : id.name}`, () => {
      expect(spiffeIdIn(names)).to.deep.equal(id);
    });
  }
});

describe('The server that answers', () => {
  for (const [subjectaltname, expected, isRight] of [
    ['URI:spiffe://c1/host/h1', 'host:h1', true],
    ['URI:spiffe://c1/host/h10', 'host:h1', false],
    ['URI:spiffe://c1/user/h1', 'host:h1', false],
    ['URI:spiffe://c2/host/h1', 'host:h1', false],
    ['URI:spiffe://c1/nameserver/n1', 'nameserver', true],
    ['URI:spiffe://c1/host/n1', 'nameserver', false],
    ['URI:spiffe://c1/nameserver/n1', 'host:n1', false],
    ['URI:spiffe://c1/host/h1', 'local', true],
    ['URI:spiffe://c1/user/alice', undefined, false],
    ['URI:spiffe://c1/host/h1', undefined, true],
    ['DNS:h1', undefined, false],
  ] as const) {
    it(`as ${subjectaltname} is ${isRight ? '' : 'not '}${expected ?? 'any server'}`, () => {
      const error = serverError({ subjectaltname }, 'c1', expected);
      expect(error === undefined).to.equal(isRight);
    });
  }
});
