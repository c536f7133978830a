import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { systemClock } from '@patchbay/objects';
import { eventually, RecordingLog, requireTools } from '@patchbay/objects/testing';

import { openFilePool } from '../../../src/disks/file/file-pool.js';
import type { VolumeRef } from '../../../src/disks/volume-pool.js';
import { execTool } from '../../../src/exec.js';
import { mountBtrfs, mountXfs } from '../../../src/testing/loop-filesystem.js';

const MiB = 1024 * 1024;
const blocks = 4096;
/** Consecutive writes are far apart on the disk, so that a copy from front to back would mix points in time. */
const stride = 1553;
const disk: VolumeRef = { kind: 'disk', id: 'disk-000000001' };
const writer = fileURLToPath(new URL('counting-writer.js', import.meta.url));

/** Returns the number of the last write in a disk's content. */
function lastWriteIn(content: Buffer): number {
  let last = 0;
  for (let position = 0; position < content.length; position += 4096) {
    last = Math.max(last, Number(content.readBigUInt64LE(position)));
  }
  return last;
}

/** Asserts that a content has exactly the writes up to its last one. */
function expectOneMoment(content: Buffer): void {
  const last = lastWriteIn(content);
  const expected = new Array<number>(blocks).fill(0);
  for (let n = Math.max(1, last - blocks + 1); n <= last; n += 1) {
    expected[(n * stride) % blocks] = n;
  }
  for (const [block, number] of expected.entries()) {
    const found = content.subarray(block * 4096, (block + 1) * 4096);
    const whole = Buffer.from(new BigUint64Array(512).fill(BigInt(number)).buffer);
    expect(found.equals(whole), `block ${String(block)} has write ${String(number)} of ${String(last)}`).to.be
      .true;
  }
}

const filesystems = [
  ['XFS', 'mkfs.xfs', mountXfs],
  ['Btrfs', 'mkfs.btrfs', mountBtrfs],
] as const;

for (const [name, mkfs, mount] of filesystems) {
  describe(`a snapshot on ${name} of a disk that is being written`, function () {
    this.timeout(120_000);

    it('has exactly the writes up to one point in time, in each of thirty attempts', async function () {
      requireTools(this, mkfs);
      await using mounted = await mount({ sizeBytes: 400 * MiB });
      const pool = await openFilePool({
        directory: mounted.path,
        exec: execTool,
        clock: systemClock,
        log: new RecordingLog(),
      });
      const file = await open(pool.path(disk), 'wx', 0o600);
      await file.truncate(blocks * 4096);
      await file.close();

      const child = spawn(process.execPath, [writer, pool.path(disk), String(blocks), String(stride)], {
        stdio: 'inherit',
      });
      const ended = once(child, 'exit');
      try {
        let last = 0;
        for (let round = 0; round < 30; round += 1) {
          const snapshot: VolumeRef = { kind: 'snapshot', id: `snapshot-${String(round).padStart(4, '0')}` };
          await eventually(async () => lastWriteIn(await readFile(pool.path(disk))) > last);
          await pool.ensureCloned(disk, snapshot);
          const content = await readFile(pool.path(snapshot));
          expectOneMoment(content);
          last = lastWriteIn(content);
          await pool.ensureRemoved(snapshot);
        }
      } finally {
        child.kill('SIGTERM');
        await ended;
      }
    });
  });
}
