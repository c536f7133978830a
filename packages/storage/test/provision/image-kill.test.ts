import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { requireTools } from '@patchbay/core/testing';
import { expect } from 'chai';

import { images, nodes, snapshots } from '../../src/catalog/tables.js';
import { execTool } from '../../src/exec.js';
import { makeScratch, type Scratch } from '../disks/scratch.js';
import { openRealFiles } from '../fakes/real-files.js';
import { imageOperations } from './image-operations.js';

const MiB = 1024 * 1024;
const script = new URL('./image-process.js', import.meta.url).pathname;

/** Makes the file to import, two images, and a node of one of them with a snapshot. */
async function prepare(directory: string): Promise<void> {
  const raw = join(directory, 'a.raw');
  await writeFile(raw, Buffer.concat([Buffer.alloc(MiB, 'a'), Buffer.alloc(MiB)]));
  await execTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(directory, 'a.qcow2')]);
  await using files = await openRealFiles(directory);
  await files.machine.import('base', `server:${raw}`);
  await files.machine.import('used', `server:${raw}`);
  await files.machine.provision('keeper', 'used');
  await files.machine.snapshot('keeper', 's');
}

/** Lets a process do the operation until its nth effect; gives what it printed when it came to its end. */
async function runUntil(directory: string, operation: string, at: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [script, directory, operation, String(at)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (text: Buffer) => {
    printed += text.toString();
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(status ?? signal).to.be.oneOf([0, 'SIGKILL']);
  return signal === null ? printed : undefined;
}

/** Starts anew on what a killed process left, and checks that everything fits together. */
async function expectSettled(directory: string): Promise<void> {
  await using files = await openRealFiles(directory);
  const { machine, pool } = files;
  const report = await machine.reconciler.run(true);
  expect(report.failed).to.deep.equal([]);
  expect(report.missing).to.deep.equal([]);
  expect(report.waiting, 'without a record').to.deep.equal([]);
  const { catalog } = machine.parts;
  const records = (await catalog.list(images)).map(({ value }) => value);
  expect(records.map(({ state }) => state).filter((state) => state !== 'ready')).to.deep.equal([]);
  const volumes = (await pool.list()).map(({ volume }) => volume.id);
  const others = [
    ...(await catalog.list(nodes)).map(({ value }) => value.disk.id),
    ...(await catalog.list(snapshots)).map(({ value }) => value.id),
  ];
  expect(volumes).to.have.members([...records.map(({ id }) => id), ...others]);
  expect(await readdir(join(pool.directory.path, 'tmp'))).to.deep.equal([]);
}

/*
 * That to die within a test's own process is the same, as reconcile/every-effect.test.ts has it for every operation:
 * here the process is one of its own, and the kernel kills it.
 */
describe('A process that is killed at each command, file operation and commit', function () {
  this.timeout(600_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  let prepared: Scratch;
  before(async () => {
    prepared = await makeScratch();
    await prepare(prepared.path);
  });
  after(async () => {
    await prepared[Symbol.asyncDispose]();
  });

  for (const operation of Object.keys(imageOperations)) {
    it(`leaves nothing of the ${operation}, or all of it`, async () => {
      let printed: string | undefined;
      for (let at = 1; printed === undefined; at += 1) {
        await using scratch = await makeScratch();
        await cp(prepared.path, scratch.path, { recursive: true });
        printed = await runUntil(scratch.path, operation, at);
        await expectSettled(scratch.path);
        expect(at, 'effects').to.be.lessThan(200);
      }
      expect(Number(printed), 'effects').to.be.greaterThan(0);
    });
  }
});
