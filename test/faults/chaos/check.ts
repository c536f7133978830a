import { eventually } from '@patchbay/objects/testing';

import { useDisk } from '../../system/initiator.js';
import { loopFilesBelow, mountsBelow, processesOf } from '../../system/machine.js';
import { differenceOf, type Found, look } from './catalog-view.js';
import { blockBytes } from './contents.js';
import type { Scene } from './scene.js';

/** How long it may take until everything is at rest, in milliseconds. */
const settleMs = 90_000;
/** The name server and the RPC server. */
const daemonsBesideTgtd = 2;

/** Waits until a reconcile finds nothing to do. @throws Error with the last report */
export async function settle({ patchbay }: Scene): Promise<void> {
  await eventually(async () => {
    const report = await patchbay.storage.reconcile();
    const work = Object.entries(report).filter(([key]) => key !== 'missing'); // that is no work
    if (work.some(([, value]) => (typeof value === 'number' ? value > 0 : value.length > 0))) {
      throw new Error(`not at rest: ${JSON.stringify(report)}`);
    }
  }, settleMs);
}

/** Checks everything that must hold of a scene at rest, and returns what does not. */
export async function check(scene: Scene): Promise<string[]> {
  const found = await look(scene);
  const { inventory, orphans, places } = found;
  const wrong = [
    ...inventory.leaks.map((leak) => `leak: ${leak}`),
    ...scene.ledger.settle(new Map([...places].filter(([, place]) => place !== 'orphan'))),
    ...[...orphans].map(([id, kind]) => `${kind} ${id} was set aside`),
    ...(await wrongContents(scene, found)),
    ...(await leftOnMachine(scene, inventory.tgtds)),
    ...(await scene.logs.unexplained()),
  ];
  if (wrong.length === 0) {
    wrong.push(...(await wrongReads(scene)), ...(await findings(scene)));
  }
  return wrong;
}

async function wrongContents({ ledger }: Scene, { files }: Found): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, places, contents } of ledger.volumes) {
    const difference = await differenceOf(files.get(id ?? ''), contents);
    if (difference !== undefined) {
      wrong.push(`${[...places].join(' or ')} (${String(id)}) ${difference}`);
    }
  }
  return wrong;
}

/** Lets each node log in and read what is known of its disk. */
async function wrongReads({ ledger, patchbay }: Scene): Promise<string[]> {
  const nodes = ledger.volumes.flatMap(({ places, contents }) => {
    const [, node] = /^node:(.+)$/.exec([...places][0] ?? '') ?? [];
    return node === undefined ? [] : [{ node, contents }];
  });
  const reads = nodes.map(async ({ node, contents }) => {
    const commands = contents.known().map(({ block, byte }) => {
      return `read -P ${String(byte)} ${String(block * blockBytes)} ${String(blockBytes)}`;
    });
    try {
      await useDisk(await patchbay.diskOf(node), ...commands);
      return [];
    } catch (error) {
      return [`node ${node} cannot read its disk: ${String(error)}`];
    }
  });
  return (await Promise.all(reads)).flat();
}

async function findings({ patchbay }: Scene): Promise<string[]> {
  const found = await patchbay.storage.fsck();
  const { state, problems } = await patchbay.storage.status();
  return [
    ...found
      .filter(({ severity }) => severity !== 'note')
      .map(({ resource, problem }) => `fsck: ${resource} ${problem}`),
    ...(state === 'ready' ? [] : [`status: ${JSON.stringify(problems)}`]),
  ];
}

/** Finds processes, mounts and loop devices besides those of the daemons. */
async function leftOnMachine({ patchbay, mount }: Scene, tgtds: number): Promise<string[]> {
  const directory = process.env.TMPDIR ?? '';
  // Programs that a killed server started end a little later.
  const countIsRight = async (): Promise<boolean> =>
    (await processesOf(directory)).length === daemonsBesideTgtd + tgtds;
  const surplus = await eventually(countIsRight).then(
    () => [],
    () => processesOf(directory),
  );
  const mounts = (await mountsBelow(directory)).filter(
    (path) => ![mount.path, patchbay.at('state')].includes(path),
  );
  const loops = await loopFilesBelow(directory);
  const pids = await patchbay.tgtd.pids();
  return [
    ...surplus.map(({ command }) => `process: ${command.join(' ')}`),
    ...mounts.map((path) => `mount: ${path}`),
    ...(loops.length === 1 ? [] : loops.map((file) => `loop device: ${file}`)),
    ...(pids.length === tgtds ? [] : [`${String(pids.length)} tgtds run, ${String(tgtds)} answer`]),
  ];
}
