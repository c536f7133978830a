import { expect } from 'chai';
import { randomUUID } from 'node:crypto';

import { requireTools } from '@patchbay/objects/testing';

import { begin, Killing, killStarts, type Moments, outcome } from './killing.js';
import { operations } from './operations/index.js';
import type { OperationCase, Step } from './operations/operation.js';
import { prefix, RealWorld, type WorldOptions } from './real-world.js';
import type { Stage } from './stage.js';

/** Servers of some kind that are killed. */
export interface KillSuite {
  readonly open: (world: RealWorld) => Promise<Stage & AsyncDisposable>;
  /** At which effects they are killed. */
  readonly moments: Moments;
  /** The titles of the operations in whose middle they are killed; default: all, and starts too. */
  readonly titles?: readonly string[] | undefined;
}

const worlds: readonly { readonly where: string; readonly options: WorldOptions }[] = [
  { where: 'on a pool with reflinks', options: { reflinks: true } },
  // There disks are cloned otherwise, and node7 is the first of a tgtd that its provision starts.
  { where: 'on a pool without, and a tgtd for each node', options: { reflinks: false, targetsPerDaemon: 1 } },
];

/** Operations on many things, each with the effect that cuts it short. */
const cuts: readonly (readonly [at: number, operation: Step])[] = [
  [9, (storage, { sources }) => storage.import_image('debian', sources.raw)],
  [12, (storage) => storage.provision('made', 'ubuntu')],
  [4, (storage) => storage.rotate_credentials('rotated')],
  [8, (storage) => storage.create_snapshot('keeper', 's')],
];

/** What must hold of every operation, however servers die. */
export function describeKills({ open, moments, titles }: KillSuite): void {
  const chosen = titles === undefined ? operations : titles.map(operationOf);
  for (const { where, options } of worlds) {
    const { reflinks } = options;
    describe(where, () => {
      let world: RealWorld;
      let stage: Stage;
      const opened: AsyncDisposable[] = [];

      before(async function () {
        requireTools(this, 'tgtd', 'qemu-img', 'prlimit', 'mkfs.xfs');
        world = await RealWorld.open(options);
        opened.push(world);
        const made = await open(world);
        opened.push(made);
        stage = made;
        const { storage } = await begin(stage);
        await storage.import_image('ubuntu', world.sources.raw);
        await storage.provision('keeper', 'ubuntu');
        await stage.save('furnished');
      });
      after(async () => {
        for (const each of opened.reverse()) {
          await each[Symbol.asyncDispose]();
        }
      });

      for (const each of chosen.filter(({ clones = false }) => reflinks || clones)) {
        it(`leaves ${each.title} done or undone, and nothing else`, () =>
          new Killing(stage, each, moments).run());
      }

      if (reflinks && titles === undefined) {
        it('recovers what was cut short, and removes what nobody knows, in whatever start comes through', async () => {
          await stage.restore('furnished');
          const { storage } = await begin(stage);
          await storage.provision('rotated', 'ubuntu');
          for (const [at, operation] of cuts) {
            const server = await begin(stage);
            await server.dieAt(at);
            expect(await outcome(operation, server)).to.equal('died');
          }
          await stage.save('prepared');
          await killStarts(stage, { moments, spoil: () => addAliens(world) });
        });

        it('starts tgtd and exports every disk again in whatever start comes through', async () => {
          await stage.restore('furnished');
          await stage.save('prepared');
          await killStarts(stage, { moments, spoil: () => world.killTgtds() });
        });
      }
    });
  }
}

function operationOf(title: string): OperationCase {
  const found = operations.find((each) => each.title === title);
  if (found === undefined) {
    throw new Error(`no operation is called "${title}"`);
  }
  return found;
}

/** Makes a target and an account, with names as ours have, of which the catalog knows nothing. */
async function addAliens(world: RealWorld): Promise<void> {
  const [tgtd] = await world.tgtds();
  const account = `disk.${randomUUID()}`;
  await tgtd?.tgtadm.newTarget(77, `${prefix}of-nobody`);
  await tgtd?.tgtadm.newAccount(account, 'a-secret-12345');
  await tgtd?.tgtadm.bindAccount(77, account);
}
