import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { requireTools } from '@patchbay/core/testing';
import { expect } from 'chai';

import { execTool } from '../../src/exec.js';
import { serveWeb, type WebServer } from '../disks/import/web-server.js';
import { Life } from '../fakes/life.js';
import { prefix, RealWorld } from '../fakes/real-world.js';
import { type Machine } from '../fakes/world.js';
import { begin, Killing, killStarts } from './killing.js';
import { operationCases, type Sources } from './operation-cases.js';

const imageBytes = 2 ** 20;
/** An account of a target that has no record. */
const nobodys = `disk.${randomUUID()}`;

/** Lets operations on many things be cut short, one after the other, without anything that settles them. */
async function cutShort(world: RealWorld, { raw }: Sources): Promise<void> {
  const machine = await begin(world, new Life());
  await machine.provision('rotated', 'ubuntu');
  const cuts: readonly (readonly [at: number, operation: (machine: Machine) => Promise<unknown>])[] = [
    [9, (m) => m.import('debian', raw)],
    [12, (m) => m.provision('made', 'ubuntu')],
    [4, (m) => m.rotate('rotated')],
    [8, (m) => m.snapshot('keeper', 's')],
  ];
  for (const [at, operation] of cuts) {
    const life = new Life();
    const victim = await world.start(life);
    life.dieAt(at);
    expect(await Promise.race([life.death, life.run(() => operation(victim))])).to.equal('died');
  }
}

/*
 * The processes' deaths are played within this one: at the effect everything of the server's stops for good, with its
 * files open and its programs running, which a process of its own for each of some 500 deaths would show no better.
 * Files, catalog, programs and tgtd are real. image-kill.test.ts kills real processes at each effect of some
 * operations, kill.test.ts at any moment.
 */
describe('A server that is killed at each command, file operation, target command and commit', function () {
  this.timeout(120_000);

  const worlds = [
    { where: 'on a pool with reflinks', options: { reflinks: true } },
    // There disks are cloned otherwise, and node7 is the first of a tgtd that its provision starts.
    {
      where: 'on a pool without, and a tgtd for each node',
      options: { reflinks: false, targetsPerDaemon: 1 },
    },
  ];
  for (const { where, options } of worlds) {
    const { reflinks } = options;
    describe(where, () => {
      let world: RealWorld;
      let web: WebServer;
      let sources: Sources;

      before(async function () {
        requireTools(this, 'tgtd', 'qemu-img', 'prlimit', 'mkfs.xfs');
        world = await RealWorld.open(options);
        const [raw, qcow2] = ['raw', 'qcow2'].map((format) => join(world.directory, `debian.${format}`));
        await writeFile(raw ?? '', randomBytes(imageBytes / 2));
        await truncate(raw ?? '', imageBytes);
        await execTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw ?? '', qcow2 ?? '']);
        web = await serveWeb((_request, response) => {
          void readFile(raw ?? '').then((bytes) => response.end(bytes));
        });
        sources = {
          raw: `server:${raw ?? ''}`,
          qcow2: `server:${qcow2 ?? ''}`,
          web: `${web.url}/debian.raw`,
        };
        const machine = await world.start(new Life());
        await machine.import('ubuntu', sources.raw);
        await machine.provision('keeper', 'ubuntu');
        await world.save('furnished');
      });
      after(async () => {
        await web[Symbol.asyncDispose]();
        await world[Symbol.asyncDispose]();
      });

      for (const each of operationCases.filter(({ clones = false }) => reflinks || clones)) {
        it(`leaves ${each.title} done or undone, and nothing else`, () =>
          new Killing(world, each, sources).run());
      }

      if (reflinks) {
        it('settles what was cut short, and removes what nobody knows, in whatever start comes through', async () => {
          await world.restore('furnished');
          await cutShort(world, sources);
          await world.save('spoiled');
          await killStarts(world, async () => {
            const [tgtd] = await world.tgtds();
            await tgtd?.tgtadm.newTarget(77, `${prefix}of-nobody`);
            await tgtd?.tgtadm.newAccount(nobodys, 'a-secret-12345');
            await tgtd?.tgtadm.bindAccount(77, nobodys);
          });
        });

        it('starts tgtd and exports every disk again in whatever start comes through', async () => {
          await world.restore('furnished');
          await world.save('spoiled');
          await killStarts(world, () => world.killTgtds());
        });
      }
    });
  }
});
