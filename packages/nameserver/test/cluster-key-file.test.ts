import { chmod, mkdir, rename } from 'node:fs/promises';

import { initAuthority } from '@patchbay/nameserver';
import { silentLog, systemClock } from '@patchbay/objects';
import { refusal, Scratch } from '@patchbay/objects/testing';
import { openSqliteStore } from '@patchbay/store';
import { expect } from 'chai';

import { clusterKeyFile, OwnIdentity } from '../src/own-identity.js';

describe('The cluster key of a name server', () => {
  const { CREDENTIALS_DIRECTORY: former } = process.env;

  afterEach(() => {
    if (former === undefined) {
      delete process.env.CREDENTIALS_DIRECTORY;
    } else {
      process.env.CREDENTIALS_DIRECTORY = former;
    }
  });

  it('is the credential that systemd passes to the service, if it does', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, credentials] = [scratch.file('names'), scratch.file('credentials')];
    await mkdir(credentials);
    process.env.CREDENTIALS_DIRECTORY = credentials;
    const { keyFile, keyFingerprint } = await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    expect(keyFile).to.equal(`${stateDir}/cluster.key`);
    await rename(keyFile, `${credentials}/cluster.key`);
    await chmod(`${credentials}/cluster.key`, 0o440); // as systemd has it where it adds an ACL for the service
    expect(clusterKeyFile(stateDir)).to.equal(`${credentials}/cluster.key`);

    await using store = await openSqliteStore({ directory: stateDir, clock: systemClock });
    const options = { store, clock: systemClock, log: silentLog, stateDir };
    {
      await using own = await OwnIdentity.open(options);
      expect(own?.authority.keyFingerprint).to.equal(keyFingerprint);
    }
    delete process.env.CREDENTIALS_DIRECTORY;
    await refusal(OwnIdentity.open(options), 'CLUSTER_KEY_MISSING');
  });
});
