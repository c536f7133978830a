import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';

import { enrolmentMessage } from '@patchbay/objects/identity';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { attemptLimits } from '../src/attempts.js';
import { maxHostKeys } from '../src/host-keys.js';
import { Enroller, local, OpenedAuthority, stranger } from './opened-authority.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('Enrolling', () => {
  let opened: OpenedAuthority;
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('by a token makes a host with what the token gives', async () => {
    const host = new Enroller();
    const answer = await host.enrol(opened.authority, { token: await opened.token() });
    expect(answer).to.deep.include({ state: 'active', kind: 'host', name: 'web1', groups: ['linux'] });
    const certificate = new X509Certificate(answer.certificate ?? '');
    expect(certificate.subjectAltName).to.equal(`URI:spiffe://${answer.cluster}/host/web1, DNS:web1`);
    expect(certificate.publicKey.equals(host.publicKey)).to.equal(true);
    expect(opened.authority.hosts.list()).to.have.length(1);
    expect(opened.authority.hosts.find('web1')).to.deep.include({
      state: 'active',
      fingerprint: host.fingerprint,
      labels: { rack: '2' },
    });
    expect(opened.authority.namesOf('host:web1')).to.deep.equal(['storage']);
    expect(opened.authority.policy.callerOf('host:web1', host.fingerprint, 'p')).to.deep.include({
      principal: 'host:web1',
      groups: ['linux'],
    });
  });

  it('takes a key and a signature of openssl', async () => {
    const openssl = (args: readonly string[], input?: string): Buffer =>
      execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'ignore'] });
    const pem = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']).toString();
    const publicKey = openssl(['pkey', '-pubout'], pem).toString();
    const { fingerprint } = new Enroller(createPrivateKey(pem));
    const { challenges, enrolments } = opened.authority;
    const caller = stranger();
    const challenge = challenges.make(caller.peer);
    const token = await opened.token();
    const parts = { challenge, kind: 'host', name: 'web1', token, fingerprint } as const;
    const { writeFile } = await import('node:fs/promises');
    const keyFile = `${opened.directory}/key.pem`;
    await writeFile(keyFile, pem);
    const message = enrolmentMessage({ ...parts, sealingFingerprint: undefined });
    const signature = openssl(['dgst', '-sha256', '-sign', keyFile], message).toString('base64');
    const answer = await enrolments.enrol(caller, { ...parts, publicKey, signature });
    expect(answer.state).to.equal('active');
  });

  it('again by the same key and token answers again, as where the answer was lost', async () => {
    const host = new Enroller();
    const token = await opened.token();
    await host.enrol(opened.authority, { token });
    await opened.restart();
    expect(await host.enrol(opened.authority, { token })).to.include({ state: 'active' });
    await refusal(new Enroller().enrol(opened.authority, { token }), 'TOKEN_USED');
  });

  it('by a token for several takes so many keys', async () => {
    const token = await opened.token({ name: undefined, uses: 2 });
    await refusal(new Enroller().enrol(opened.authority, { token }), 'ENROLMENT_UNNAMED');
    await new Enroller().enrol(opened.authority, { token, name: 'h1' });
    await new Enroller().enrol(opened.authority, { token, name: 'h2' });
    await refusal(new Enroller().enrol(opened.authority, { token, name: 'h3' }), 'TOKEN_USED');
  });

  it('by the socket file takes no token, and the names that the configuration gives', async () => {
    const host = new Enroller();
    await host.enrol(opened.authority, { name: 'web1', names: ['storage'] });
    expect(opened.authority.namesOf('host:web1')).to.deep.equal(['storage']);
    await host.enrol(opened.authority, { name: 'web1', names: ['other'] });
    expect(opened.authority.namesOf('host:web1')).to.deep.equal(['other']);
  });

  it('by the socket file gives a host a key for each server of the machine, and ends all with the host', async () => {
    const [one, two] = [new Enroller(), new Enroller()];
    await one.enrol(opened.authority, { name: 'web1' });
    await two.enrol(opened.authority, { name: 'web1' });
    const { policy } = opened.authority;
    for (const { fingerprint } of [one, two]) {
      expect(policy.callerOf('host:web1', fingerprint, 'p')).to.include({ principal: 'host:web1' });
    }
    expect(await one.renew(opened.authority, 'web1')).to.include({ state: 'active' });
    expect(await two.renew(opened.authority, 'web1')).to.include({ state: 'active' });
    await opened.restart();
    await opened.authority.hosts.revoke('web1', 'local');
    for (const each of [one, two]) {
      const caller = opened.authority.policy.callerOf('host:web1', each.fingerprint, 'p');
      expect(caller).to.include({ reason: 'CERTIFICATE_REVOKED' });
      await refusal(each.renew(opened.authority, 'web1'), 'HOST_REVOKED');
      await refusal(each.enrol(opened.authority, { name: 'web1' }), 'HOST_REVOKED');
    }
    await refusal(new Enroller().enrol(opened.authority, { name: 'web1' }), 'HOST_REVOKED');
  });

  it('by the socket file gives no key to a host that enrolled by a token: it may be another machine', async () => {
    await new Enroller().enrol(opened.authority, { token: await opened.token() });
    await refusal(new Enroller().enrol(opened.authority, { name: 'web1' }), 'HOST_EXISTS');
  });

  it('gives a further server of a machine the room of the one that is longest gone', async () => {
    const first = new Enroller();
    await first.enrol(opened.authority, { name: 'web1' });
    for (let keys = 1; keys < maxHostKeys; keys += 1) {
      await new Enroller().enrol(opened.authority, { name: 'web1' });
    }
    await refusal(new Enroller().enrol(opened.authority, { name: 'web1' }), 'RECORDS_EXHAUSTED');
    await opened.clock.advance(20 * hourMs);
    await first.renew(opened.authority, 'web1');
    await opened.clock.advance(5 * hourMs);
    await new Enroller().enrol(opened.authority, { name: 'web1' });
    const { fingerprints = [] } = opened.authority.records.get('host', 'web1') ?? {};
    expect(fingerprints).to.have.length(maxHostKeys);
    expect(fingerprints).to.include(first.fingerprint);
  });

  it('takes names from nobody else', async () => {
    await new Enroller().enrol(opened.authority, { token: await opened.token(), names: ['jobs'] });
    expect(opened.authority.namesOf('host:web1')).to.deep.equal(['storage']);
  });

  it('refuses a token that has ended, by a clock that does not jump', async () => {
    const token = await opened.token();
    opened.clock.setWall(opened.clock.now() - dayMs);
    await opened.clock.advance(hourMs);
    await refusal(new Enroller().enrol(opened.authority, { token }), 'TOKEN_EXPIRED');
    const later = await opened.token();
    opened.clock.setWall(opened.clock.now() + dayMs);
    await new Enroller().enrol(opened.authority, { token: later });
  });

  it('refuses one without a token, revoked, of the wrong kind, for another name', async () => {
    const host = new Enroller();
    await refusal(host.enrol(opened.authority, { name: 'web1' }, stranger()), 'TOKEN_INVALID');
    const token = await opened.token();
    await refusal(host.enrol(opened.authority, { token, kind: 'user' }), 'TOKEN_INVALID');
    await refusal(host.enrol(opened.authority, { token, name: 'web2' }), 'ENROLMENT_NAME_REFUSED');
    const id = opened.authority.records.all('token')[0]?.[0] ?? '';
    const changes = [{ kind: 'token', name: id, value: undefined }] as const;
    await opened.authority.records.change(() => ({ changes, result: undefined }));
    await refusal(host.enrol(opened.authority, { token }), 'TOKEN_INVALID');
    expect(opened.authority.hosts.list()).to.deep.equal([]);
  });

  for (const [what, change] of [
    ['another challenge', { challenge: 'x.y' }],
    ['a signature over other arguments', { name: undefined }],
    ['no signature', { signature: '' }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { challenges, enrolments } = opened.authority;
      const host = new Enroller();
      const caller = stranger();
      const challenge = challenges.make(caller.peer);
      const token = await opened.token();
      const parts = { challenge, kind: 'host', name: 'web1', token, fingerprint: host.fingerprint } as const;
      const signature = host.sign(enrolmentMessage({ ...parts, sealingFingerprint: undefined }));
      const request = { ...parts, publicKey: host.pem, signature, ...change };
      await refusal(enrolments.enrol(caller, request), 'PROOF_INVALID');
    });
  }

  it('refuses a challenge of another connection, or of a minute ago', async () => {
    const { challenges } = opened.authority;
    const challenge = challenges.make('10.0.0.9:5000');
    expect(() => {
      challenges.check(challenge, '10.0.0.9:5001');
    }).to.throw('not one of this connection');
    challenges.check(challenge, '10.0.0.9:5000');
    await opened.clock.advance(60_001);
    expect(() => {
      challenges.check(challenge, '10.0.0.9:5000');
    }).to.throw('older than 60 s');
  });

  it('refuses keys that are none of P-256', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const key of [rsa, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey]) {
      const token = await opened.token();
      await refusal(new Enroller(key).enrol(opened.authority, { token }), 'PUBLIC_KEY_INVALID');
    }
  });

  it('bounds how often an address guesses, and lets others go on', async () => {
    const good = await opened.token();
    const bad = good.replace(/\.[\w-]{43}\./, `.${'x'.repeat(43)}.`);
    const host = new Enroller();
    const reasons = new Map<string, number>();
    for (let guess = 0; guess < 100; guess += 1) {
      const { reason } = await refusal(
        host.enrol(opened.authority, { token: bad }, stranger(`1.1.1.1:${String(guess)}`)),
      );
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect([...reasons]).to.deep.equal([
      ['TOKEN_INVALID', attemptLimits.address],
      ['ENROLMENTS_EXHAUSTED', 100 - attemptLimits.address],
    ]);
    await refusal(
      host.enrol(opened.authority, { token: good }, stranger('1.1.1.1:9')),
      'ENROLMENTS_EXHAUSTED',
    );
    await host.enrol(opened.authority, { token: good }, stranger('2.2.2.2:9'));
    await opened.clock.advance(60_000);
    await host.enrol(opened.authority, { token: good }, stranger('1.1.1.1:9'));
  });

  it('lets no failures of strangers keep out who has a good token, or who renews', async () => {
    const token = await opened.token();
    const host = new Enroller();
    await host.enrol(opened.authority, { token });
    const bad = token.replace(/\.[\w-]{43}\./, `.${'x'.repeat(43)}.`);
    for (let guess = 0; guess < attemptLimits.altogether; guess += 1) {
      const caller = stranger(`1.1.1.${String(guess % 25)}:${String(guess)}`);
      await refusal(host.enrol(opened.authority, { token: bad }, caller), 'TOKEN_INVALID');
    }
    const guessing = host.enrol(opened.authority, { token: bad }, stranger('2.2.2.2:1'));
    await refusal(guessing, 'ENROLMENTS_EXHAUSTED');
    const other = await opened.token({ name: 'web2' });
    const enrolled = await new Enroller().enrol(opened.authority, { token: other }, stranger('2.2.2.2:2'));
    expect(enrolled).to.include({ state: 'active', name: 'web2' });
    const caller = stranger('1.1.1.1:9');
    expect(await host.renew(opened.authority, 'web1', { caller })).to.include({ state: 'active' });
  });
});

describe('A host', () => {
  let opened: OpenedAuthority;
  const host = new Enroller();
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('that is to be approved waits, and is approved by its fingerprint', async () => {
    const { hosts, policy } = opened.authority;
    const token = await opened.token({ needsApproval: true });
    const answer = await host.enrol(opened.authority, { token });
    expect(answer).to.include({ state: 'pending', fingerprint: host.fingerprint });
    expect(answer).not.to.have.property('certificate');
    await refusal(host.renew(opened.authority, 'web1'), 'HOST_PENDING');
    expect(policy.find('host:web1')).to.equal(undefined);
    await refusal(hosts.approve('web1', new Enroller().fingerprint, {}, 'local'), 'FINGERPRINT_DIFFERS');
    const approved = await hosts.approve('web1', host.fingerprint, { groups: ['db'] }, 'user:alice');
    expect(approved).to.deep.include({ state: 'active', groups: ['linux', 'db'] });
    await hosts.approve('web1', host.fingerprint, {}, 'user:alice');
    expect(await host.renew(opened.authority, 'web1')).to.include({ state: 'active' });
  });

  it('that was rejected gets nothing, and its name is free', async () => {
    const { hosts } = opened.authority;
    await host.enrol(opened.authority, { token: await opened.token({ needsApproval: true }) });
    await hosts.reject('web1', 'local');
    await refusal(host.renew(opened.authority, 'web1'), 'HOST_REVOKED');
    await refusal(hosts.approve('web1', host.fingerprint, {}, 'local'), 'HOST_NOT_PENDING');
    await new Enroller().enrol(opened.authority, { token: await opened.token() });
  });

  it('renews by its key, however long it was off', async () => {
    await host.enrol(opened.authority, { token: await opened.token() });
    const { revision } = opened.authority.policy;
    await opened.clock.advance(40 * dayMs);
    expect(opened.authority.hosts.find('web1').problem).to.equal('its certificate has ended');
    const answer = await host.renew(opened.authority, 'web1');
    expect(answer).to.include({ state: 'active', remainingMs: dayMs });
    expect(opened.authority.hosts.find('web1').problem).to.equal(undefined);
    expect(opened.authority.policy.revision, 'a renewal is no change of the policy').to.equal(revision);
    await refusal(new Enroller().renew(opened.authority, 'web1'), 'CERTIFICATE_REVOKED');
    await refusal(host.renew(opened.authority, 'web2'), 'CERTIFICATE_REVOKED');
  });

  it('that was revoked is no caller and does not renew, until it is replaced', async () => {
    const { authority } = opened;
    await host.enrol(authority, { token: await opened.token() });
    await authority.hosts.revoke('web1', 'local');
    expect(authority.policy.callerOf('host:web1', host.fingerprint, 'p')).to.include({
      reason: 'CERTIFICATE_REVOKED',
    });
    expect(authority.namesOf('host:web1')).to.deep.equal([]);
    await refusal(host.renew(authority, 'web1'), 'HOST_REVOKED');
    await refusal(host.enrol(authority, { token: await opened.token() }), 'HOST_REVOKED');
    const { token } = await authority.hosts.replace('web1', 'local');
    const anew = new Enroller();
    expect(await anew.enrol(authority, { token })).to.deep.include({ state: 'active', groups: ['linux'] });
    expect(authority.namesOf('host:web1')).to.deep.equal(['storage']);
    await refusal(host.renew(authority, 'web1'), 'CERTIFICATE_REVOKED');
  });

  it('whose name another key wants is shown to admins with that', async () => {
    await host.enrol(opened.authority, { token: await opened.token() });
    const other = new Enroller();
    await refusal(other.enrol(opened.authority, { token: await opened.token() }), 'HOST_EXISTS');
    expect(opened.authority.hosts.find('web1').problem).to.contain(other.fingerprint);
  });

  it('gets labels, and loses them', async () => {
    await host.enrol(opened.authority, { name: 'web1' }, local);
    const { hosts } = opened.authority;
    await hosts.setLabels('web1', { rack: '3', row: 'a' });
    expect((await hosts.setLabels('web1', { rack: undefined })).labels).to.deep.equal({ row: 'a' });
  });
});

describe('A user', () => {
  let opened: OpenedAuthority;
  const laptop = new Enroller();
  const kind = 'user';
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
    const token = await opened.userToken('alice', ['ops']);
    const answer = await laptop.enrol(opened.authority, { kind, token });
    expect(answer).to.deep.include({ name: 'alice', groups: ['ops'], remainingMs: 7 * dayMs });
    const certificate = new X509Certificate(answer.certificate ?? '');
    expect(certificate.subjectAltName).to.equal(`URI:spiffe://${answer.cluster}/user/alice`);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('renews for 30 days after a login', async () => {
    for (let week = 0; week < 4; week += 1) {
      await opened.clock.advance(6 * dayMs);
      await laptop.renew(opened.authority, 'alice', { kind });
    }
    await opened.clock.advance(5 * dayMs);
    const last = await laptop.renew(opened.authority, 'alice', { kind });
    expect(last.remainingMs).to.equal(dayMs);
    await opened.clock.advance(dayMs);
    await refusal(laptop.renew(opened.authority, 'alice', { kind }), 'LOGIN_REQUIRED');
  });

  it('does not renew after a week without', async () => {
    await opened.clock.advance(7 * dayMs);
    await refusal(laptop.renew(opened.authority, 'alice', { kind }), 'LOGIN_REQUIRED');
  });

  it('has several keys, of which one may be removed', async () => {
    const { users, records, tokens, policy } = opened.authority;
    const other = new Enroller();
    const { token } = await records.change(() =>
      tokens.plan({
        ...{ kind, name: 'alice', groups: [], labels: {}, names: [], alternativeNames: [] },
        ...{ needsApproval: false, replaces: false, uses: 1, ttlMs: hourMs, madeBy: 'local' },
      }),
    );
    await other.enrol(opened.authority, { kind, token });
    const view = await users.removeKey('alice', laptop.fingerprint, 'user:alice');
    expect(view.keys.map(({ fingerprint }) => fingerprint)).to.deep.equal([other.fingerprint]);
    expect(policy.callerOf('user:alice', laptop.fingerprint, 'p')).to.have.property('reason');
    await refusal(laptop.renew(opened.authority, 'alice', { kind }), 'CERTIFICATE_REVOKED');
  });

  it('that is disabled is no caller, until it is enabled', async () => {
    const { users, policy } = opened.authority;
    await users.setState('alice', 'disabled', 'local');
    expect(policy.callerOf('user:alice', laptop.fingerprint, 'p')).to.have.property('reason');
    await refusal(laptop.renew(opened.authority, 'alice', { kind }), 'HOST_REVOKED');
    await users.setState('alice', 'active', 'local');
    expect(policy.callerOf('user:alice', laptop.fingerprint, 'p')).to.have.property('principal');
  });
});
