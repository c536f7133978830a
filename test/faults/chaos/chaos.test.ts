import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { requireAll } from '@patchbay/objects/testing';

import { describeSystem } from '../../system/scratch.js';
import { shared } from '../../system/shared.js';
import { runChaos } from './run-chaos.js';
import { Scene } from './scene.js';

// `npm run soak chaos` sets them.
const {
  PATCHBAY_SOAK: soak,
  PATCHBAY_SEED: seed = '15277',
  PATCHBAY_DURATION_MS: durationMs = '0',
} = process.env;
/** How many steps CI takes: of this seed, six accidents of different kinds. */
const fewSteps = 7;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs', 'fsfreeze', 'fallocate'];

/** Returns the path of the library that gives a program another clock. */
function fakeTimeLibrary(): string | undefined {
  const folders = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime'));
  return folders.map((folder) => join(folder, 'libfaketime.so.1')).find((path) => existsSync(path));
}

describeSystem('A random run of requests and accidents', tools, () => {
  before(function () {
    requireAll(this, fakeTimeLibrary() === undefined ? ['libfaketime'] : []);
  });
  const scene = shared(() => Scene.open(fakeTimeLibrary() ?? ''));

  it('loses nothing that was acknowledged, and leaks nothing', async function () {
    this.timeout(soak === undefined ? 180_000 : Number(durationMs) + 600_000);
    const endsAtMs = performance.now() + Number(durationMs);
    const print = (line: string): void => {
      process.stdout.write(soak === undefined ? '' : `${line}\n`);
    };
    print(`seed ${seed}, for ${String(Number(durationMs) / 1000)} s`);
    const steps = await runChaos({
      scene: scene(),
      seed: Number(seed),
      isOver: (taken) => (soak === undefined ? taken >= fewSteps : performance.now() >= endsAtMs),
      print,
    });
    expect(steps).to.be.above(0);
  });
});
