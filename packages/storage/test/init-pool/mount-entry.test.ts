import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';

import { refusal, requireTools, Scratch } from '@patchbay/objects/testing';

import { execTool } from '../../src/exec.js';
import {
  addToFstab,
  type MountEntry,
  unitName,
  unitText,
  writeUnit,
} from '../../src/init-pool/mount-entry.js';

const entry: MountEntry = { source: '/srv/my pool', mountPoint: '/var/lib/patchbay/pool', isLoop: true };

const order = 'x-systemd.before=patchbay-rpcserver.service,x-systemd.before=patchbay-tgtd.service';

describe('the mount of a pool', () => {
  for (const path of ['/var/lib/patchbay/pool', '/srv/a-b', '/srv/.hidden/x y', '/srv/ü%']) {
    it(`has the unit name that systemd requires for ${path}`, async function () {
      requireTools(this, 'systemd-escape');
      const { stdout } = await execTool('systemd-escape', ['--path', '--suffix=mount', path]);
      expect(unitName(path)).to.equal(stdout.trim());
    });
  }

  it('is a unit that systemd accepts', async function () {
    requireTools(this, 'systemd-analyze');
    await using scratch = await Scratch.make();
    const { path } = await writeUnit(entry, scratch.path);
    expect(path).to.equal(scratch.file('etc/systemd/system/var-lib-patchbay-pool.mount'));
    await execTool('systemd-analyze', ['verify', path]);
    expect(await readFile(path, 'utf8')).to.match(/^What=\/srv\/my pool$/m);
    expect(unitText({ ...entry, isLoop: false })).to.match(/^Options=noatime,nodev,nosuid,noexec$/m);
  });

  it('is a line of fstab, once, after the existing lines', async () => {
    await using scratch = await Scratch.make();
    const other = { ...entry, mountPoint: '/srv/other', source: '/dev/other', isLoop: false };
    await addToFstab(other, scratch.path);
    await addToFstab(entry, scratch.path);
    await addToFstab(entry, scratch.path);
    expect(await readFile(scratch.file('etc/fstab'), 'utf8')).to.equal(
      `/dev/other /srv/other xfs noatime,nodev,nosuid,noexec,nofail,${order} 0 0\n` +
        `/srv/my\\040pool /var/lib/patchbay/pool xfs noatime,nodev,nosuid,noexec,loop,nofail,${order} 0 0\n`,
    );
  });

  it('is removed again, and what was there before is kept', async () => {
    await using scratch = await Scratch.make();
    const other = { ...entry, mountPoint: '/srv/other' };
    await addToFstab(other, scratch.path);
    const before = await readFile(scratch.file('etc/fstab'), 'utf8');
    const lines = [await addToFstab(entry, scratch.path), await addToFstab(other, scratch.path)];
    const units = [await writeUnit(entry, scratch.path), await writeUnit(entry, scratch.path)];
    await lines[1]?.undo();
    await units[1]?.undo();
    expect(await readFile(scratch.file('etc/fstab'), 'utf8')).to.not.equal(before);
    expect(await readdir(scratch.file('etc/systemd/system'))).to.deep.equal(['var-lib-patchbay-pool.mount']);
    await lines[0]?.undo();
    await units[0]?.undo();
    expect(await readFile(scratch.file('etc/fstab'), 'utf8')).to.equal(before);
    expect(await readdir(scratch.file('etc/systemd/system'))).to.deep.equal([]);
  });

  it('never replaces another mount of the same mount point', async () => {
    await using scratch = await Scratch.make();
    await addToFstab(entry, scratch.path);
    await writeUnit(entry, scratch.path);
    const other = { ...entry, source: '/dev/other' };
    await refusal(addToFstab(other, scratch.path), 'POOL_TARGET_REFUSED');
    await refusal(writeUnit(other, scratch.path), 'POOL_TARGET_REFUSED');
  });
});
