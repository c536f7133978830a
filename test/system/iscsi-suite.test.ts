import { expect } from 'chai';
import { dirname } from 'node:path';

import { mountXfs } from '@patchbay/storage/testing';

import { BareDisk } from './bare-disk.js';
import { useDisk } from './initiator.js';
import { iscsiFamilies, iscsiTests, runIscsiSuite, type SuiteResult } from './iscsi-suite.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const diskBytes = 32 * MiB;

describeSystem(
  "A provisioned disk, with libiscsi's own suite",
  ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-test-cu', 'mkfs.xfs'],
  () => {
    const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 512 * MiB }) }));
    let ours: SuiteResult;
    let plain: SuiteResult;

    before('run the suite on both disks', async () => {
      await patchbay().importImage('ubuntu', diskBytes);
      const disk = await patchbay().provision('node7', 'ubuntu');
      // Beside the pool, as the allocation of a file's blocks depends on its filesystem.
      await using bare = await BareDisk.start(dirname(patchbay().pool), diskBytes);
      await useDisk(bare.disk, `write -P 0x5a 0 ${String(diskBytes)}`);
      const families = await iscsiFamilies();
      [ours, plain] = await Promise.all([runIscsiSuite(disk, families), runIscsiSuite(bare.disk, families)]);
    });

    it('runs every test of the suite', async () => {
      expect(ours.ran).to.have.members(await iscsiTests());
      expect(ours.ran).to.have.length.above(200);
    });

    it('fails no test that a bare tgtd with a plain file passes', () => {
      expect(ours.failed.filter((test) => !plain.failed.includes(test))).to.deep.equal([]);
    });

    it('supports every command of a bare tgtd with a plain file', () => {
      expect(ours.skipped.filter((test) => !plain.skipped.includes(test))).to.deep.equal([]);
    });

    it('fails only where tgtd itself deviates from the standard', () => {
      const families = new Set(ours.failed.map((test) => test.split('.')[0]));
      const known = [
        'GetLBAStatus',
        'PrinServiceactionRange',
        'ProutReserve',
        'Reserve6',
        'Unmap',
        'iSCSIdatasn',
      ];
      expect(known).to.include.members([...families]);
    });

    it('still works afterwards', async () => {
      await patchbay().storage.reconcile();
      await useDisk(await patchbay().diskOf('node7'), 'write -P 0x11 0 1M', 'read -P 0x11 0 1M');
    });
  },
);
