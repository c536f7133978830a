import { images, nodes, snapshots } from '../catalog/tables.js';
import { imageThing, nodeThing, type Parts } from '../provision/parts.js';
import { settleImage, type Settled, settleNode, settleSnapshot } from '../provision/settle.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { type Round } from './round.js';

/** A record that an operation left half way. */
interface Leftover {
  readonly name: string;
  /** What an operation on it holds. */
  readonly thing: string;
  readonly settle: () => Promise<Settled>;
}

/** Finishes or undoes whatever is half way and has no operation under way. */
export async function settleLeftovers(parts: Parts, round: Round): Promise<void> {
  const { report } = round;
  for (const { name, thing, settle } of await findLeftovers(parts)) {
    await round.attempt(name, async () => {
      const settled = await parts.operations.maintain(thing, settle);
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

async function findLeftovers(parts: Parts): Promise<readonly Leftover[]> {
  const { catalog } = parts;
  const found: Leftover[] = [];
  for (const { key, value } of await catalog.list(images)) {
    if (value.state !== 'ready') {
      const thing = imageThing(key);
      found.push({ name: thing, thing, settle: () => settleImage(parts, key) });
    }
  }
  for (const { value } of await catalog.list(snapshots)) {
    if (value.state !== 'ready') {
      const { node, name } = value;
      const settle = (): Promise<Settled> => settleSnapshot(parts, node, name);
      found.push({ name: `snapshot:${fullName(value)}`, thing: nodeThing(node), settle });
    }
  }
  for (const { key, value } of await catalog.list(nodes)) {
    if (value.state !== 'ready' && value.state !== 'detached') {
      const thing = nodeThing(key);
      found.push({ name: thing, thing, settle: () => settleNode(parts, key) });
    }
  }
  return found;
}
