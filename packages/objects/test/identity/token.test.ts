import { expect } from 'chai';

import { enrolmentMessage, formatToken, parseToken, renewalMessage } from '../../src/identity/index.js';

const token = { id: '0123456789ab', secret: 's'.repeat(43), pin: `p-_${'p'.repeat(40)}` };

describe('An enrolment token', () => {
  it('is read as it was written, with white space around it', () => {
    expect(parseToken(` ${formatToken(token)}\n`)).to.deep.equal(token);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['another version', formatToken(token).replace('pb1', 'pb2')],
    ['one that was cut off', formatToken(token).slice(0, -1)],
    ['one with more behind it', `${formatToken(token)}x`],
    ['one of several lines', formatToken(token).replace('.s', '.\ns')],
    ['a text that is too long', `${formatToken(token)}${' '.repeat(100)}`],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(parseToken(text)).to.equal(undefined);
    });
  }
});

describe('What is signed', () => {
  it('to enrol is these lines', () => {
    const parts = { challenge: 'c', kind: 'host', name: undefined, token: 't' } as const;
    const message = enrolmentMessage({ ...parts, fingerprint: 'f', sealingFingerprint: undefined });
    expect(message).to.equal('patchbay-enrol-1\nc\nhost\n\nt\nf\n\n');
  });

  it('to renew is these lines', () => {
    const message = renewalMessage({ challenge: 'c', kind: 'user', name: 'alice', fingerprint: 'f' });
    expect(message).to.equal('patchbay-renew-1\nc\nuser\nalice\nf\n');
  });
});
