import { createHmac } from 'node:crypto';

import { expect } from 'chai';
import fc from 'fast-check';

import {
  deriveKey,
  formatSignature,
  parseSignature,
  signCall,
  SignedCalls,
  signedText,
  type ServerName,
} from '../../src/identity/index.js';
import { collectGarbage } from '../../src/define.js';
import { RpcError } from '../../src/index.js';
import { FakeClock } from '../../src/testing/index.js';

const key = { id: '0123456789ab', secret: 's'.repeat(43) };
const other = { id: 'ba9876543210', secret: 't'.repeat(43) };
const server: ServerName = { cluster: 'c1', kind: 'host', name: 'web1', serverId: 'id1', startId: 'run1' };
const parts = {
  ...{ cluster: 'c1', host: 'host:web1', server: 'id1/run1' },
  ...{ object: 'storage', method: 'detach_node', request: Buffer.from('node7') },
};
const startMs = Date.parse('2026-01-01T00:00:00Z');

describe('A signed call', () => {
  let clock: FakeClock;
  let active: Set<string>;
  let calls: SignedCalls;
  beforeEach(() => {
    clock = new FakeClock(startMs);
    active = new Set([key.id, other.id]);
    calls = checks(server);
  });

  function checks(name: ServerName, maxNonces?: number): SignedCalls {
    const secrets = new Map([key, other].map(({ id, secret }) => [id, secret]));
    return new SignedCalls({
      server: name,
      clock,
      ...(maxNonces !== undefined && { maxNonces }),
      find: (id, peer) =>
        active.has(id)
          ? {
              key: deriveKey(secrets.get(id) ?? '', name.cluster, `${name.kind}:${name.name}`),
              caller: { peer, principal: id === key.id ? 'user:alice' : 'user:bob', groups: [], roles: [] },
            }
          : undefined,
    });
  }

  /** What a server makes of a signature over parts, for a call of (perhaps) others. */
  function outcome(signature: string, call: Partial<typeof parts> = {}, by = calls): string {
    try {
      return by.check({ ...parts, ...call, signature, peer: 'peer' }).caller.principal;
    } catch (error) {
      return error instanceof RpcError ? error.reason : String(error);
    }
  }

  function sign(given: Partial<typeof parts> = {}, by = key): string {
    return signCall(by, { ...parts, ...given }, clock.now());
  }

  it('makes its signer the caller, once', () => {
    const signature = sign();
    expect(outcome(signature)).to.equal('user:alice');
    expect(outcome(signature)).to.equal('SIGNATURE_INVALID');
    expect(outcome(sign({}, other))).to.equal('user:bob');
  });

  for (const [what, given] of [
    ['other arguments', { request: Buffer.from('node8') }],
    ['another object', { object: 'storage/v2' }],
    ['another method', { method: 'delete_node' }],
    ['another host', { host: 'host:web10' }],
    ['a name server of the same name', { host: 'nameserver:web1' }],
    ['another cluster', { cluster: 'c2' }],
    ['another server of the host, although it says that it is for this one', { server: 'id2/run1' }],
    ['an earlier run of the server, although it says that it is for this one', { server: 'id1/run0' }],
  ] as const) {
    it(`does not count when it was signed for ${what}`, () => {
      expect(outcome(sign(given))).to.equal('SIGNATURE_INVALID');
    });
  }

  it('is to be signed anew for a server that was started anew, which tells its run', () => {
    const restarted = checks({ ...server, startId: 'run2' });
    const call = { ...parts, signature: sign(), peer: 'peer' };
    expect(() => restarted.check(call))
      .to.throw(RpcError)
      .that.nested.includes({
        reason: 'SERVER_RESTARTED',
        code: 'UNAVAILABLE',
        'details.server': 'id1/run2',
      });
    expect(outcome(sign({ server: 'id1/run2' }), { server: 'id1/run2' }, restarted)).to.equal('user:alice');
  });

  it('does not count by the key of another host, which that host knows', () => {
    const stolen = deriveKey(key.secret, 'c1', 'host:web2');
    const signer = parseSignature(sign()) ?? expect.fail();
    const mac = createHmac('sha256', stolen)
      .update(signedText(parts, signer) ?? '')
      .digest();
    expect(outcome(formatSignature({ ...signer, mac }))).to.equal('SIGNATURE_INVALID');
  });

  it('does not count by a key that is guessed, or was removed, or whose user is disabled', () => {
    const signature = sign();
    expect(outcome(sign({}, { ...key, id: 'ffffffffffff' }))).to.equal('SIGNATURE_INVALID');
    active.clear();
    expect(outcome(signature)).to.equal('SIGNATURE_INVALID');
  });

  it('counts once, and is not replayed at any second of twice the window, even signed as late as it may be', async () => {
    const ahead = signCall(key, parts, startMs + 300_000);
    expect(outcome(ahead)).to.equal('user:alice');
    for (let second = 1; second <= 600; second += 1) {
      await clock.advance(1000);
      expect(outcome(ahead)).to.equal('SIGNATURE_INVALID');
      expect(outcome(sign())).to.equal('user:alice'); // so that generations of nonces end
    }
    await clock.advance(1000);
    expect(outcome(ahead)).to.equal('CLOCK_SKEWED');
  });

  it('counts until 300 s after its time', async () => {
    const [one, another] = [sign(), sign()];
    await clock.advance(300_000);
    expect(outcome(one)).to.equal('user:alice');
    await clock.advance(1000);
    expect(outcome(another)).to.equal('CLOCK_SKEWED');
  });

  it('says both clocks when its own is wrong', () => {
    const call = { ...parts, signature: signCall(key, parts, startMs - 600_000), peer: 'peer' };
    expect(() => calls.check(call))
      .to.throw(RpcError, '2025-12-31T23:50:00.000Z')
      .that.has.property('message')
      .that.contains('2026-01-01T00:00:00.000Z');
  });

  it('of a key that signs without end is refused, and those of other keys are not', async () => {
    const small = checks(server, 100);
    for (let count = 0; count < 100; count += 1) {
      expect(outcome(sign(), {}, small)).to.equal('user:alice');
    }
    expect(outcome(sign(), {}, small)).to.equal('NONCES_EXHAUSTED');
    expect(outcome(sign({}, other), {}, small)).to.equal('user:bob');
    await clock.advance(600_000);
    expect(outcome(sign(), {}, small)).to.equal('user:alice');
  });

  it('costs no memory when its signature is wrong, 100,000 times', function () {
    this.timeout(60_000);
    const signer = parseSignature(sign()) ?? expect.fail();
    const mac = Buffer.alloc(32, 1);
    const attempt = (count: number): void => {
      const nonce = String(count).padStart(22, '0');
      expect(outcome(formatSignature({ ...signer, nonce, mac }))).to.equal('SIGNATURE_INVALID');
    };
    for (let count = 0; count < 2_000; count += 1) {
      attempt(count);
    }
    const heapBytes = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heapBytes();
    for (let count = 0; count < 100_000; count += 1) {
      attempt(count);
    }
    expect(heapBytes() - before).to.be.lessThan(4 * 1024 * 1024); // their nonces alone would be more
    expect(outcome(sign())).to.equal('user:alice');
  });

  it('has fields that are bounded, without control characters', () => {
    for (const object of ['a\nb', 'a\u0000', '\u0085', 'x'.repeat(300)]) {
      expect(() => sign({ object })).to.throw(RpcError, 'cannot be signed');
      expect(outcome(sign(), { object })).to.equal('SIGNATURE_INVALID');
    }
  });

  it('is read as it was written, and nothing else is', () => {
    const nonce = fc.stringMatching(/^[\w-]{16,43}$/);
    const seconds = fc.nat();
    const mac = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(nonce, seconds, mac, (...[aNonce, aTime, aMac]) => {
        const signature = { key: key.id, nonce: aNonce, seconds: aTime, mac: aMac };
        expect(parseSignature(formatSignature(signature))).to.deep.equal(signature);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(outcome(text)).to.equal('SIGNATURE_INVALID');
      }),
    );
    const good = sign();
    for (const wrong of [
      `${good} `,
      `${good}A`,
      good.slice(1),
      `${good}${';'.repeat(200)}`,
      good.replace('1;', '2;'),
    ]) {
      expect(parseSignature(wrong)).to.equal(undefined);
    }
  });
});
