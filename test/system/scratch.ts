import { expect } from 'chai';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually, requireTools } from '@patchbay/objects/testing';

import { output } from './command.js';
import { loopFilesBelow, mountsBelow, processesOf } from './machine.js';

/**
 * Defines system tests, with their own directory for temporary files, and after them one more test: that they have
 * left nothing behind. Leftovers are removed even after failures.
 *
 * @param tools the programs that the tests need besides root; without them they are skipped
 */
export function describeSystem(title: string, tools: readonly string[], body: () => void): void {
  // Every process inherits the variable, so that all of them can be found by this directory.
  const temporaryBefore = process.env.TMPDIR;
  let directory = '';

  describe(title, function () {
    this.timeout(180_000);
    before(async function () {
      requireTools(this, ...tools);
      directory = await mkdtemp(join(tmpdir(), 'pb-'));
      process.env.TMPDIR = directory;
    });
    body();
  });

  describe(`${title}, afterwards`, function () {
    this.timeout(60_000);
    before(function () {
      requireTools(this, ...tools);
    });

    it('has left no process, mount, loop device or file', async () => {
      expect(directory, 'the directory of the tests, which did not run').to.not.equal('');
      if (temporaryBefore === undefined) {
        delete process.env.TMPDIR;
      } else {
        process.env.TMPDIR = temporaryBefore;
      }
      const left = await leftIn(directory);
      await clearAway(directory);
      expect(left).to.deep.equal({ processes: [], mounts: [], loops: [], files: [] });
    });
  });
}

interface Left {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly loops: readonly string[];
  readonly files: readonly string[];
}

async function leftIn(directory: string): Promise<Left> {
  const processes = await processesOf(directory);
  return {
    processes: processes.map(({ command }) => command.join(' ')),
    mounts: await mountsBelow(directory),
    loops: await loopFilesBelow(directory),
    files: await readdir(directory),
  };
}

async function clearAway(directory: string): Promise<void> {
  for (const { pid } of await processesOf(directory)) {
    process.kill(pid, 'SIGKILL');
  }
  await eventually(async () => (await processesOf(directory)).length === 0);
  for (const mount of await mountsBelow(directory)) {
    await output(['umount', mount]);
  }
  await rm(directory, { recursive: true, force: true });
}
