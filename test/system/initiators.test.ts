import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { mountXfs } from '@patchbay/storage/testing';

import { discover, libiscsi, type NodeDisk, qemuIo, useDisk } from './initiator.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const imageBytes = 32 * MiB;
const stranger = 'iqn.2026-11.org.example:stranger';
const tools = [
  'tgtd',
  'tgtadm',
  'qemu-img',
  'qemu-io',
  'iscsi-ls',
  'iscsi-inq',
  'iscsi-readcapacity16',
  'mkfs.xfs',
];

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describeSystem('A provisioned disk, with initiators that are not ours', tools, () => {
  const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 512 * MiB }) }));
  let seven: NodeDisk;
  let eight: NodeDisk;
  let imageHash: string;

  before(async () => {
    await patchbay().importImage('ubuntu', imageBytes);
    imageHash = await sha256(await patchbay().imageFile());
    seven = await patchbay().provision('node7', 'ubuntu');
    eight = await patchbay().provision('node8', 'ubuntu');
  });

  it('is discovered by its own node alone, with its LUN', async () => {
    const { status, stdout } = await discover(seven.initiator, seven.portal, seven);
    expect(status, stdout).to.equal(0);
    expect(stdout.match(/Target:\S+/g)).to.deep.equal([`Target:${seven.iqn}`]);
    // iscsi-ls takes the last block for the size, and rounds down.
    expect(stdout).to.match(/Lun:1 +Type:DIRECT_ACCESS \(Size:31M\)/);
  });

  it('is not discovered by a stranger', async () => {
    expect(await discover(stranger, seven.portal)).to.include({ status: 0, stdout: '' });
  });

  it('identifies itself to iscsi-inq as a disk', async () => {
    const { status, stdout } = await libiscsi('iscsi-inq', seven);
    expect(status).to.equal(0);
    expect(stdout).to.match(/Peripheral Qualifier:CONNECTED/);
    expect(stdout).to.match(/Peripheral Device Type:DIRECT_ACCESS/);
  });

  it('reports the provisioned size to iscsi-readcapacity16', async () => {
    const { stdout } = await libiscsi('iscsi-readcapacity16', seven);
    const lastBlock = Number(/RETURNED LOGICAL BLOCK ADDRESS:(\d+)/.exec(stdout)?.[1]);
    const blockBytes = Number(/LOGICAL BLOCK LENGTH IN BYTES:(\d+)/.exec(stdout)?.[1]);
    expect((lastBlock + 1) * blockBytes).to.equal(imageBytes);
  });

  it('is written by one node without the other seeing it, or the image changing', async () => {
    await useDisk(seven, 'write -P 0x77 4M 2M', 'flush');
    await useDisk(eight, `read -P 0x5a 0 ${String(imageBytes)}`, 'write -P 0x88 4M 1M', 'flush');
    await useDisk(seven, 'read -P 0x5a 0 4M', 'read -P 0x77 4M 2M', 'read -P 0x5a 6M 26M');
    expect(await sha256(await patchbay().imageFile())).to.equal(imageHash);
  });

  it('accepts a discard from QEMU, which does not affect the image', async () => {
    await useDisk(eight, 'discard 8M 4M', 'read -P 0 8M 4M', 'read -P 0x5a 12M 4M');
    await useDisk(seven, 'read -P 0x5a 8M 4M');
    expect(await sha256(await patchbay().imageFile())).to.equal(imageHash);
  });

  it('fails a read beyond its end and stays usable', async () => {
    expect(await qemuIo(seven, `read ${String(imageBytes)} 512`)).to.have.property('status', 1);
    await useDisk(seven, `read -P 0x5a ${String(imageBytes - 512)} 512`);
  });

  const refused: readonly (readonly [who: string, disk: () => NodeDisk, answer: RegExp])[] = [
    ['a stranger who knows user and secret', () => ({ ...seven, initiator: stranger }), /Target not found/],
    [
      'another node with its own user and secret',
      () => ({ ...seven, initiator: eight.initiator, user: eight.user, secret: eight.secret }),
      /Target not found/,
    ],
    [
      'its node with a wrong secret',
      () => ({ ...seven, secret: 'wrong-secret-123' }),
      /Authentication failure/,
    ],
    [
      "its node with another node's secret",
      () => ({ ...seven, secret: eight.secret }),
      /Authentication failure/,
    ],
    [
      "its node with another node's account",
      () => ({ ...seven, user: eight.user, secret: eight.secret }),
      /Authentication failure/,
    ],
    ['an initiator that has another LUN in mind', () => ({ ...seven, lun: 2 }), /LOGICAL_UNIT_NOT_SUPPORTED/],
  ];
  for (const [who, disk, answer] of refused) {
    it(`refuses ${who}`, async () => {
      const outcome = await libiscsi('iscsi-inq', disk());
      expect(outcome.status).to.not.equal(0);
      expect(outcome.stdout + outcome.stderr).to.match(answer);
      expect(outcome.stdout).to.not.match(/CONNECTED/);
    });
  }

  it('refuses its node without a secret', async () => {
    const { initiator, portal, iqn } = seven;
    const outcome = await patchbay().run(['iscsi-inq', '-i', initiator, `iscsi://${portal}/${iqn}/1`]);
    expect(outcome.status).to.not.equal(0);
    expect(outcome.stderr).to.match(/Login Failed/);
  });
});
