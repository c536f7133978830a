import { chmod, chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { initAuthority, renewAuthority, restoreRegistry } from '@patchbay/nameserver';
import { silentLog, systemClock } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';
import { formatBackup, openSqliteStore, writeBackupText } from '@patchbay/store';
import { expect } from 'chai';

const service = 65534;

(process.geteuid?.() === 0 ? describe : describe.skip)(
  "What root makes in a service's state directory",
  () => {
    let scratch: Scratch;
    let stateDir: string;

    beforeEach(async () => {
      scratch = await Scratch.make();
      stateDir = scratch.file('names');
      await chmod(scratch.path, 0o711);
      await mkdir(stateDir, { mode: 0o700 });
      await chown(stateDir, service, service);
    });
    afterEach(() => scratch.close());

    async function expectOwned(): Promise<void> {
      const names = await readdir(stateDir);
      expect(names).to.include.members(['cluster.key', 'store.sqlite']);
      for (const name of names) {
        const { uid, gid, mode } = await stat(join(stateDir, name));
        expect([uid, gid, mode & 0o077], name).to.deep.equal([service, service, 0]);
      }
      expect([process.geteuid?.(), process.getegid?.()]).to.deep.equal([0, 0]);
    }

    it('belongs to the service: an authority', async () => {
      await initAuthority({ stateDir, name: 'ns1', log: silentLog });
      await expectOwned();
    });

    it('belongs to the service: another authority, where the cluster key was another', async () => {
      const { keyFile } = await initAuthority({ stateDir, name: 'ns1', log: silentLog });
      await writeFile(keyFile, Buffer.alloc(32, 7));
      await renewAuthority({ stateDir, log: silentLog });
      await expectOwned();
    });

    it('belongs to the service: a registry from a backup that root alone can read', async () => {
      const { keyFingerprint } = await initAuthority({ stateDir, name: 'ns1', log: silentLog });
      const file = scratch.file('names.jsonl');
      {
        await using store = await openSqliteStore({ directory: stateDir, clock: systemClock });
        await writeBackupText(await formatBackup(store, { clusterKey: keyFingerprint }), file);
      }
      await restoreRegistry({ file, stateDir });
      await expectOwned();
    });
  },
);
