import { readFileSync, statSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { silentLog } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import type { Store } from '@patchbay/store';
import { expect } from 'chai';

import { Authority } from '../src/authority.js';
import { makeClusterKey, readClusterKey } from '../src/cluster-key.js';
import { dyingAt, Enroller, OpenedAuthority } from './opened-authority.js';

describe('An authority', () => {
  let opened: OpenedAuthority;
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('is the same when it is opened again', async () => {
    const { cluster, roots, keyFingerprint } = opened.authority;
    const document = opened.authority.policy.document;
    await opened.restart();
    expect(opened.authority).to.deep.include({ cluster, keyFingerprint });
    expect(opened.authority.roots).to.deep.equal(roots);
    expect(opened.authority.policy.document).to.deep.equal(document);
  });

  it('keeps its key for its owner alone, and no private key readable in its store', async () => {
    expect(statSync(opened.keyFile)).to.include({ size: 32, mode: 0o100600 });
    const root = opened.authority.records.get('root', '1');
    expect(root?.privateKey).to.match(/^v1\.[\w+/=]+$/);
    const key = Buffer.from((root?.privateKey ?? '').slice(3), 'base64');
    expect(key.includes(Buffer.from('2a8648ce3d0201', 'hex'))).to.equal(false); // what EC keys begin with
    await opened.stop();
    const file = readFileSync(join(opened.directory, 'store.sqlite'));
    expect(file.includes(await readFile(opened.keyFile))).to.equal(false);
  });

  for (const umask of [0o000, 0o777]) {
    it(`makes a key for its owner alone where the umask is ${umask.toString(8)}`, () => {
      const file = join(opened.directory, 'other.key');
      const before = process.umask(umask);
      try {
        makeClusterKey(file);
      } finally {
        process.umask(before);
      }
      expect(statSync(file)).to.include({ size: 32, mode: 0o100600 });
      expect(readClusterKey(file)).to.not.equal(undefined);
    });
  }

  it('is not made where nobody asked for one', async () => {
    const { clock, store } = opened;
    const range = () => Promise.resolve({ entries: [], more: false, revision: 0 });
    const empty: Store = { ...store, range };
    const keyFile = join(opened.directory, 'none');
    const found = await Authority.open({ store: empty, clock, log: silentLog, keyFile });
    expect(found).to.equal(undefined);
  });

  it('does not start without its key, and makes no other', async () => {
    const { keyFingerprint } = opened.authority;
    await opened.stop();
    await rm(opened.keyFile);
    const error = await refusal(opened.start({ create: true }), 'CLUSTER_KEY_MISSING');
    expect(error.message).to.contain(keyFingerprint).and.contain(opened.keyFile);
    await opened.stop();
    expect(() => statSync(opened.keyFile)).to.throw('ENOENT');
  });

  for (const [what, change] of [
    ["another cluster's", (file: string) => writeFile(file, Buffer.alloc(32, 7))],
    ['cut short', (file: string) => writeFile(file, Buffer.alloc(31, 7))],
    ['one that others may read', (file: string) => chmod(file, 0o640)],
  ] as const) {
    it(`does not start with a key that is ${what}`, async () => {
      await opened.stop();
      await change(opened.keyFile);
      await refusal(opened.start(), 'CLUSTER_KEY_WRONG');
    });
  }

  it('does not take a private key that was moved to another place in the store', async () => {
    const { records } = opened.authority;
    const root = records.get('root', '1');
    const value = root && { ...root, certificate: root.certificate };
    await records.change(() => ({
      changes: [
        { kind: 'root', name: '1', value: undefined },
        { kind: 'root', name: '2', value },
      ],
      result: undefined,
    }));
    await opened.stop();
    await refusal(opened.start(), 'CLUSTER_KEY_WRONG');
  });
});

describe('An authority whose process ends', () => {
  for (const when of ['before', 'after'] as const) {
    it(`${when} the commit of its making is made once`, async () => {
      await using opened = await OpenedAuthority.open();
      await opened.stop();
      await rm(join(opened.directory, 'store.sqlite'));
      await rm(opened.keyFile);
      const failed = opened.start({ wrap: dyingAt(1, when) }).catch((error: unknown) => error);
      expect(await failed).to.be.an('error');
      await opened.stop();
      await opened.start();
      expect(opened.authority.records.all('root')).to.have.length(1);
    });

    for (const renews of [false, true]) {
      const what = renews ? 'a renewal' : 'an enrolment';
      it(`${when} the commit of ${what} leaves a host that heals by asking again`, async () => {
        await using opened = await OpenedAuthority.open();
        const host = new Enroller();
        const token = await opened.token();
        if (renews) {
          await host.enrol(opened.authority, { token });
        }
        await opened.stop();
        await opened.start({ wrap: dyingAt(1, when) });
        const asked = renews ? host.renew(opened.authority, 'web1') : host.enrol(opened.authority, { token });
        expect(await asked.catch((error: unknown) => error)).to.be.an('error');
        await opened.stop();
        await opened.start();
        const again = await (renews
          ? host.renew(opened.authority, 'web1')
          : host.enrol(opened.authority, { token }));
        expect(again).to.include({ state: 'active', name: 'web1' });
        await refusal(new Enroller().enrol(opened.authority, { token }), 'TOKEN_USED');
      });
    }
  }
});
