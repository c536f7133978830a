import { images, nodes, snapshots, trash } from '../catalog/tables.js';
import { diskThing, imageThing, nodeThing, type Parts } from '../provision/parts.js';
import { type Settled, settleImage, settleSnapshot, settleTrashed } from '../provision/settle.js';
import { foreseeNode, settleNode } from '../provision/settle-node.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { expireTrashed } from '../provision/trash.js';
import { type Round } from './round.js';

/** A record that an operation left half way. */
interface Leftover {
  readonly name: string;
  /** What an operation on it holds. */
  readonly thing: string;
  readonly settle: () => Promise<Settled>;
  /** Says what `settle` would come to. */
  readonly foresee: () => Settled | Promise<Settled>;
}

/** Finishes or undoes whatever is half way and has no operation under way. */
export async function settleLeftovers(parts: Parts, round: Round): Promise<void> {
  const { report, dryRun } = round;
  for (const { name, thing, settle, foresee } of await findLeftovers(parts)) {
    await round.attempt(name, async () => {
      const settled = await parts.operations.maintain(thing, async () => (dryRun ? foresee() : settle()));
      switch (settled) {
        case 'busy':
          report.busy.push(name);
          break;
        case 'finished':
          report.finished.push(name);
          break;
        case 'rolled-back':
          report.rolledBack.push(name);
          break;
        case 'nothing':
          // It came to rest by itself meanwhile.
          break;
      }
    });
  }
}

/** Deletes the disks whose time in the trash has passed. */
export async function emptyExpiredTrash(parts: Parts, round: Round): Promise<void> {
  const { catalog, clock, operations } = parts;
  const { report, dryRun } = round;
  for (const { key, value } of await catalog.list(trash)) {
    const name = diskThing(key);
    if (value.state === 'trashed' && value.untilMs <= clock.now()) {
      await round.attempt(name, async () => {
        const done = await operations.maintain(name, async () => dryRun || expireTrashed(parts, key));
        if (done === 'busy') {
          report.busy.push(name);
        } else if (done) {
          report.expired.push(name);
        }
      });
    }
  }
}

async function findLeftovers(parts: Parts): Promise<readonly Leftover[]> {
  const { catalog } = parts;
  const found: Leftover[] = [];
  const outcomeOf = (state: 'creating' | 'deleting'): Settled =>
    state === 'creating' ? 'rolled-back' : 'finished';
  for (const { key, value } of await catalog.list(images)) {
    if (value.state !== 'ready') {
      const thing = imageThing(key);
      const foresee = (): Settled => outcomeOf(value.state);
      found.push({ name: thing, thing, settle: () => settleImage(parts, key), foresee });
    }
  }
  for (const { value } of await catalog.list(snapshots)) {
    const { node, name, state } = value;
    if (state !== 'ready') {
      const settle = (): Promise<Settled> => settleSnapshot(parts, node, name);
      const foresee = (): Settled => outcomeOf(state);
      found.push({ name: `snapshot:${fullName(value)}`, thing: nodeThing(node), settle, foresee });
    }
  }
  for (const { key, value } of await catalog.list(nodes)) {
    if (value.state !== 'ready' && value.state !== 'detached') {
      const thing = nodeThing(key);
      const foresee = (): Promise<Settled> => foreseeNode(parts, value);
      found.push({ name: thing, thing, settle: () => settleNode(parts, key), foresee });
    }
  }
  for (const { key, value } of await catalog.list(trash)) {
    if (value.state === 'deleting') {
      const thing = diskThing(key);
      found.push({ name: thing, thing, settle: () => settleTrashed(parts, key), foresee: () => 'finished' });
    }
  }
  return found;
}
