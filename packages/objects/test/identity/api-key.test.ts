import { expect } from 'chai';
import fc from 'fast-check';

import {
  deriveKey,
  equalMacs,
  formatApiKey,
  formatServerName,
  makeApiKey,
  parseApiKey,
  parseServerName,
  sessionProof,
} from '../../src/identity/index.js';

const key = { id: '0123456789ab', secret: 's'.repeat(43) };

describe('An API key', () => {
  it('is read as it was written, with white space around it', () => {
    const made = makeApiKey();
    expect(parseApiKey(` ${formatApiKey(made)}\n`)).to.deep.equal(made);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['a token', formatApiKey(key).replace('pbk1', 'pb1')],
    ['one that was cut off', formatApiKey(key).slice(0, -1)],
    ['one with more behind it', `${formatApiKey(key)}x`],
    ['one of several lines', formatApiKey(key).replace('.s', '.\ns')],
    ['a text that is too long', `${formatApiKey(key)}${' '.repeat(100)}`],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(parseApiKey(text)).to.equal(undefined);
    });
  }

  it('is another on every host, and in every cluster', () => {
    const derived = [
      deriveKey(key.secret, 'c1', 'host:h1'),
      deriveKey(key.secret, 'c1', 'host:h10'),
      deriveKey(key.secret, 'c1', 'nameserver:h1'),
      deriveKey(key.secret, 'c2', 'host:h1'),
      deriveKey('t'.repeat(43), 'c1', 'host:h1'),
    ];
    expect(new Set(derived.map((each) => each.toString('hex'))).size).to.equal(derived.length);
  });

  it('is derived as other programs derive it', () => {
    // printf 'patchbay-key-1\0c1\0host:web1' | openssl dgst -sha256 -hmac sss...
    expect(deriveKey(key.secret, 'c1', 'host:web1').toString('hex')).to.equal(
      '3259945d1610bf8306c9d04f04000e3fe76c5ec255f6d0355319adade30fd93b',
    );
  });
});

describe('The name of a server', () => {
  it('is read as it was written', () => {
    const name = { cluster: 'c1', kind: 'host', name: 'web1', serverId: 'a-b', startId: 'c_d' } as const;
    expect(formatServerName(name)).to.equal('spiffe://c1/host/web1/a-b/c_d');
    expect(parseServerName(formatServerName(name))).to.deep.equal(name);
  });

  for (const text of [
    '',
    'spiffe://c1/host/web1',
    'spiffe://c1/host/web1/a',
    'spiffe://c1/host/web1/a/b/c',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(parseServerName(text)).to.equal(undefined);
    });
  }
});

describe('The proof of a session', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });

  it('is another for another key, end, challenge, Hello or connection', () => {
    const parts = fc.record({
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      end: fc.constantFrom('client', 'server'),
      challenge: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      clientHello: bytes,
      serverHello: bytes,
      binding: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        parts,
        parts,
        fc.constantFrom('key', 'end', 'challenge', 'clientHello', 'serverHello', 'binding'),
        (one, other, part) => {
          const changed = { ...one, [part]: other[part] };
          const isSame = JSON.stringify(one) === JSON.stringify(changed);
          const [first, second] = [one, changed].map((each) => sessionProof(each.key, each.end, each));
          expect(equalMacs(first as Buffer, second as Buffer)).to.equal(isSame);
        },
      ),
    );
  });
});
