import type { PolicyRevocation } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { dyingAt, Enroller, OpenedAuthority } from './opened-authority.js';

describe('A backup that is restored', () => {
  let opened: OpenedAuthority;
  let host: Enroller;
  let alice: Enroller;
  let grant: string;
  let token: string;
  let restore: () => Promise<void>;

  beforeEach(async () => {
    opened = await OpenedAuthority.open();
    [host, alice] = [new Enroller(), new Enroller()];
    await host.enrol(opened.authority, { token: await opened.token() });
    await alice.enrol(opened.authority, { kind: 'user', token: await opened.userToken('alice') });
    const { id } = await opened.authority.grants.add(
      { to: 'user:alice', role: 'admin', objects: '**', methods: '*' },
      'local',
    );
    grant = id;
    token = await opened.token({ name: 'web2' });
    restore = await opened.backUp();
    await opened.clock.advance(60_000);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** What servers keep of what they were told. */
  function seen(): readonly PolicyRevocation[] {
    return opened.authority.policy.document.revocations ?? [];
  }

  function levelOfAlice(): unknown {
    return opened.authority.policy.callerOf('user:alice', alice.fingerprint, 'x');
  }

  const revocations: Record<
    string,
    { revoke: () => Promise<unknown>; check: () => Promise<unknown> | undefined }
  > = {
    'a host': {
      revoke: () => opened.authority.hosts.revoke('web1', 'local'),
      check: async () => {
        await refusal(host.renew(opened.authority, 'web1'), 'HOST_REVOKED');
        expect(opened.authority.hosts.find('web1').problem).to.match(/^revoked again: host:web9 had seen/);
      },
    },
    'the key of a machine that was installed anew': {
      revoke: async () => {
        const { token: again } = await opened.authority.hosts.replace('web1', 'local');
        await new Enroller().enrol(opened.authority, { token: again });
      },
      check: async () => {
        await refusal(host.renew(opened.authority, 'web1'), 'CERTIFICATE_REVOKED');
        expect(opened.authority.hosts.find('web1').problem).to.contain('replace_host web1');
      },
    },
    'a user': {
      revoke: () => opened.authority.users.setState('alice', 'disabled', 'local'),
      check: () => refusal(alice.renew(opened.authority, 'alice', { kind: 'user' }), 'HOST_REVOKED'),
    },
    'the key of a laptop that was lost': {
      revoke: () => opened.authority.users.removeKey('alice', alice.fingerprint, 'local'),
      check: () => refusal(alice.renew(opened.authority, 'alice', { kind: 'user' }), 'CERTIFICATE_REVOKED'),
    },
    'a grant': {
      revoke: () => opened.authority.grants.remove(grant, 'local'),
      check: () => {
        expect(levelOfAlice()).to.deep.include({ principal: 'user:alice', roles: [] });
        return undefined;
      },
    },
    'a token': {
      revoke: () =>
        opened.authority.records.change(() => {
          const tokens = opened.authority.records.all('token');
          const id = tokens.find(([, { name }]) => name === 'web2')?.[0] ?? '';
          const revoked = opened.authority.revocations.plan({ revoke: [`token:${id}`] });
          return { changes: [{ kind: 'token', name: id, value: undefined }, ...revoked], result: undefined };
        }),
      check: () => refusal(new Enroller().enrol(opened.authority, { token }), 'TOKEN_INVALID'),
    },
  };

  for (const [what, { revoke, check }] of Object.entries(revocations)) {
    it(`does not give back ${what}, once a server has handed over what it saw`, async () => {
      await revoke();
      const kept = seen();
      expect(kept).to.have.length(1);
      await restore();
      expect(seen()).to.deep.equal([]);
      expect(await opened.authority.revocations.takeOver(kept, 'host:web9')).to.deep.equal([]);
      await check();
      expect(seen()).to.deep.equal(kept);
      expect(opened.authority.view.revocationsTaken).to.have.nested.property('[0].from', 'host:web9');
      expect(await opened.authority.revocations.takeOver(kept, 'host:web8')).to.deep.equal([]);
      await opened.restart();
      await check();
    });
  }

  it('does not take back what was allowed again since, whoever has not heard of that', async () => {
    await opened.authority.users.setState('alice', 'disabled', 'local');
    await opened.authority.hosts.revoke('web1', 'local');
    const kept = seen();
    await opened.clock.advance(1);
    await opened.authority.users.setState('alice', 'active', 'local');
    const { token: again } = await opened.authority.hosts.replace('web1', 'local');
    await new Enroller().enrol(opened.authority, { token: again });
    expect(seen().map(({ what }) => what)).to.deep.equal([`host:web1 ${host.fingerprint}`]);
    const forgotten = await opened.authority.revocations.takeOver(kept, 'host:web9');
    expect(forgotten).to.have.members(['user:alice', 'host:web1']);
    expect(levelOfAlice()).to.include({ principal: 'user:alice' });
    expect(opened.authority.hosts.find('web1').state).to.equal('active');
  });

  it('revokes nothing that the authority did not revoke itself, whatever a host says', async () => {
    await opened.authority.users.setState('alice', 'disabled', 'local');
    const { atMs = 0, proof = '' } = seen()[0] ?? {};
    await restore();
    const forged = [
      { what: 'host:web1', atMs, proof },
      { what: 'user:alice', atMs: atMs + 1, proof },
      { what: 'user:alice', atMs, proof: '' },
    ];
    expect(await opened.authority.revocations.takeOver(forged, 'host:web9')).to.have.length(3);
    expect(opened.authority.view.revocationsTaken).to.deep.equal([]);
    expect(levelOfAlice()).to.include({ principal: 'user:alice' });
  });

  it('keeps what is revoked of whom it does not know, until that one is made anew', async () => {
    await new Enroller().enrol(opened.authority, { token });
    await opened.authority.hosts.revoke('web2', 'local');
    const kept = seen();
    await restore();
    await opened.authority.revocations.takeOver(kept, 'host:web9');
    expect(seen()).to.deep.equal(kept);
    await opened.clock.advance(1);
    await new Enroller().enrol(opened.authority, { token: await opened.token({ name: 'web2' }) });
    expect(seen()).to.deep.equal([]);
  });

  for (const when of ['before', 'after'] as const) {
    it(`is told again when the process ends ${when} the commit that takes a revocation over`, async () => {
      await opened.authority.users.setState('alice', 'disabled', 'local');
      const kept = seen();
      await restore();
      await opened.stop();
      await opened.start({ wrap: dyingAt(1, when) });
      const killed = opened.authority.revocations.takeOver(kept, 'host:web9');
      expect(await killed.catch((error: unknown) => error)).to.be.an('error');
      await opened.stop();
      await opened.start();
      expect(await opened.authority.revocations.takeOver(kept, 'host:web9')).to.deep.equal([]);
      expect(levelOfAlice()).to.include({ reason: 'CERTIFICATE_REVOKED' });
    });
  }
});
