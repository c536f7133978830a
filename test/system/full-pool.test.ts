import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

import { type LoopMount, mountExt4, mountXfs } from '@patchbay/storage/testing';

import { useDisk } from './initiator.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const poolFull = /^error: RESOURCE_EXHAUSTED POOL_FULL: .*MiB.*\n$/;

/** Writes an incompressible raw image. */
async function writeNoise(path: string, sizeMiB: number): Promise<string> {
  await using file = await open(path, 'w');
  for (let written = 0; written < sizeMiB; written += 1) {
    await file.appendFile(randomBytes(MiB));
  }
  await file.write(Buffer.from([0x55, 0xaa]), 0, 2, 510); // the signature of an MBR
  return path;
}

const pools: readonly (readonly [
  filesystem: string,
  mount: () => Promise<LoopMount>,
  image: number,
  nodes: number,
])[] = [
  ['an XFS with reflinks', () => mountXfs({ sizeBytes: 300 * MiB }), 16, 2],
  ['an ext4 without', () => mountExt4({ sizeBytes: 128 * MiB }), 24, 2],
];

for (const [filesystem, mount, imageMiB, nodes] of pools) {
  describeSystem(
    `A pool on ${filesystem} that gets full`,
    ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs', 'mkfs.ext4'],
    () => {
      const patchbay = shared(() => Patchbay.start({ mount }));

      before(async () => {
        const source = await writeNoise(patchbay().at('noise.raw'), imageMiB);
        await patchbay().storage.import_image('noise', `server:${source}`);
        for (let node = 0; node < nodes; node += 1) {
          await patchbay().storage.provision(`node${String(node)}`, 'noise');
        }
      });

      it('refuses an import that does not fit, with how much is missing, and is unchanged', async () => {
        const source = await writeNoise(patchbay().at('large.raw'), 290);
        const kept = await patchbay().kept();

        const outcome = await patchbay().rpcclient('import_image', 'large', `server:${source}`);

        expect(outcome.stderr).to.match(poolFull);
        expect(outcome).to.include({ status: 7, stdout: '' });
        expect(await patchbay().kept()).to.deep.equal(kept);
      });

      it('keeps serving its disks', async () => {
        const disk = await patchbay().diskOf('node0');
        await useDisk(disk, 'write -P 0x44 0 1M', 'flush', 'read -P 0x44 0 1M');
      });

      it('accepts a smaller image after the refusal', async () => {
        const source = await writeNoise(patchbay().at('small.raw'), 4);
        expect(await patchbay().rpcclient('import_image', 'small', `server:${source}`)).to.include({
          status: 0,
        });
        expect(await patchbay().rpcclient('delete_image', 'small')).to.include({ status: 0 });
      });
    },
  );
}

describeSystem(
  'Clones that fill a pool without reflinks',
  ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.ext4'],
  () => {
    const patchbay = shared(() => Patchbay.start({ mount: () => mountExt4({ sizeBytes: 128 * MiB }) }));

    it('are refused one by one when they do not fit, and fit again when another is deleted', async () => {
      const source = await writeNoise(patchbay().at('noise.raw'), 24);
      await patchbay().storage.import_image('noise', `server:${source}`);
      let made = 0;
      let kept = await patchbay().kept();
      let outcome = await patchbay().rpcclient('provision', 'node0', 'noise');
      while (outcome.status === 0 && made < 10) {
        made += 1;
        kept = await patchbay().kept();
        outcome = await patchbay().rpcclient('provision', `node${String(made)}`, 'noise');
      }

      expect(made).to.be.within(2, 4);
      expect(outcome.stderr).to.match(poolFull);
      expect(outcome).to.include({ status: 7, stdout: '' });
      expect(await patchbay().kept()).to.deep.equal(kept);

      expect(await patchbay().rpcclient('detach_node', 'node0')).to.include({ status: 0 });
      expect(await patchbay().rpcclient('provision', `node${String(made)}`, 'noise')).to.include({
        status: 0,
      });
    });
  },
);
