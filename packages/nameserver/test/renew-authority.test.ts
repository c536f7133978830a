import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Authority } from '@patchbay/authority';
import { initAuthority, type NewAuthority, renewAuthority, startNameServer } from '@patchbay/nameserver';
import { silentLog, systemClock } from '@patchbay/objects';
import { refusal, Scratch } from '@patchbay/objects/testing';
import { openSqliteStore } from '@patchbay/store';
import { expect } from 'chai';

describe('A name server whose cluster key is lost', () => {
  let scratch: Scratch;
  let stateDir: string;
  let made: NewAuthority;
  let roots: readonly string[];

  beforeEach(async () => {
    scratch = await Scratch.make();
    stateDir = scratch.file('names');
    made = await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    await withAuthority(async (authority) => {
      ({ roots } = authority);
      await authority.users.create('alice', ['ops'], 3_600_000, 'local');
    });
    await using store = await openSqliteStore({ directory: stateDir, clock: systemClock });
    const key = { user: 'alice', secret: 'v1.sealed', state: 'active', madeBy: 'local', madeAtMs: 0 };
    const keys = Array.from({ length: 120 }, (_, index) => `identity/key/k${String(index)}`);
    for (const half of [keys.slice(0, 60), keys.slice(60)]) {
      await store.commit(
        [],
        half.map((put) => ({ put, value: JSON.stringify(key) })),
      );
    }
  });
  afterEach(() => scratch.close());

  async function withAuthority<T>(use: (authority: Authority) => T | Promise<T>): Promise<T> {
    await using store = await openSqliteStore({ directory: stateDir, clock: systemClock });
    const keyFile = join(stateDir, 'cluster.key');
    const authority = await Authority.open({ store, clock: systemClock, log: silentLog, keyFile });
    return await use(authority as Authority);
  }

  it('says so and does not start, and neither does it with another', async () => {
    await rm(made.keyFile);
    const start = () =>
      startNameServer({
        ...{ listen: '127.0.0.1:0', stateDir, log: silentLog, version: '1', identity: true },
      });
    const missing = await refusal(start(), 'CLUSTER_KEY_MISSING');
    expect(missing.message).to.contain('init --new-authority').and.contain(made.keyFingerprint);
    await writeFile(made.keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    const wrong = await refusal(start(), 'CLUSTER_KEY_WRONG');
    expect(wrong.message).to.match(new RegExp(`has the cluster key (?!${made.keyFingerprint})[0-9a-f]{32}`));
    expect(wrong.message).to.contain(made.keyFingerprint);
  });

  for (const [what, lose] of [
    ['is not there', (file: string) => rm(file)],
    ["is another cluster's", (file: string) => writeFile(file, Buffer.alloc(32, 7))],
    ['is damaged', (file: string) => writeFile(file, 'x')],
  ] as const) {
    it(`gets another authority over its hosts, users and grants where the key ${what}`, async () => {
      await lose(made.keyFile);
      const renewed = await renewAuthority({ stateDir, log: silentLog });
      expect(renewed).to.include({ cluster: made.cluster, nameServer: 'ns1', removedKeys: 120 });
      expect(renewed.keyFingerprint).not.to.equal(made.keyFingerprint);
      expect(renewed.adminToken?.token).to.match(/^pb1\./);
      expect(existsSync(renewed.formerKeyFile ?? '')).to.equal(what !== 'is not there');
      expect(await readFile(renewed.keyFile)).to.have.length(32);
      await withAuthority((authority) => {
        expect(authority.roots).to.have.length(1).and.not.include(roots[0]);
        expect(authority.users.list().map(({ name }) => name)).to.deep.equal(['admin', 'alice']);
        expect(authority.grants.list()).to.have.length(1);
      });
      await refusal(renewAuthority({ stateDir, log: silentLog }), 'AUTHORITY_EXISTS');
    });
  }

  it('gets none where the key is there, or where there never was an authority', async () => {
    const exists = await refusal(renewAuthority({ stateDir, log: silentLog }), 'AUTHORITY_EXISTS');
    expect(exists.message).to.contain('rotate_authority --compromised');
    const other = renewAuthority({ stateDir: scratch.file('other'), log: silentLog });
    await refusal(other, 'AUTHORITY_MISSING');
  });
});
