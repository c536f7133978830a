import { images, nodes, snapshots } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { isExported } from '../provision/export-check.js';
import { isExportWanted } from '../provision/exports.js';
import { imageThing, nodeThing, type Parts } from '../provision/parts.js';
import { settleImage, type Settled, settleNode, settleSnapshot } from '../provision/settle.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { Grace } from './grace.js';
import { removeOrphans } from './orphans.js';
import { emptyReport, failureOf, type ReconcileReport } from './report.js';

/** How a reconciler is set up. */
export interface ReconcilerOptions {
  /** How long a target or file of ours may be without a record before it is removed. */
  readonly graceMs: number;
}

/**
 * Makes the pool and the targets be what the catalog says, and finishes or undoes what was cut short. What an
 * operation is under way on is left to the operation.
 */
export class Reconciler {
  readonly #parts: Parts;
  readonly #options: ReconcilerOptions;
  readonly #grace: Grace;
  readonly #oneAtATime = new KeyedMutex();
  #problems = '';

  constructor(parts: Parts, options: ReconcilerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#grace = new Grace(parts.clock, options.graceMs);
  }

  /**
   * Reconciles once. One thing that cannot be put right does not keep the others from it; the report names it.
   *
   * @param atStart - before any operation: temporary files of whatever age are leftovers then
   */
  run(atStart = false): Promise<ReconcileReport> {
    return this.#oneAtATime.run('reconcile', async () => {
      const report = emptyReport();
      await this.#guard(report, 'pool', async () => {
        await this.#settleAll(report);
        await this.#findMissing(report);
        await this.#exportAll(report);
        await removeOrphans(this.#parts, this.#grace, report);
        await this.#removeTemporaries(report, atStart);
      });
      this.#log(report);
      return report;
    });
  }

  /** Exports every node's disk anew, after the target daemon was lost. What fails is left to the next `run`. */
  async rebuildExports(): Promise<void> {
    const { catalog, exports, pool, log } = this.#parts;
    for (const { key, value } of await catalog.list(nodes)) {
      // The volume of a disk that is still being cloned is not there yet; its operation exports it.
      if (isExportWanted(value) && (await pool.stat({ kind: 'disk', id: value.disk.id })) !== undefined) {
        try {
          await exports.sync(key);
        } catch (error) {
          log.error('a disk could not be exported again', { node: key, error });
        }
      }
    }
  }

  async #settleAll(report: ReconcileReport): Promise<void> {
    const { catalog } = this.#parts;
    for (const { key, value } of await catalog.list(images)) {
      if (value.state !== 'ready') {
        await this.#settle(report, imageThing(key), imageThing(key), () => settleImage(this.#parts, key));
      }
    }
    for (const { value } of await catalog.list(snapshots)) {
      if (value.state !== 'ready') {
        const { node, name } = value;
        await this.#settle(report, `snapshot:${fullName(value)}`, nodeThing(node), () =>
          settleSnapshot(this.#parts, node, name),
        );
      }
    }
    for (const { key, value } of await catalog.list(nodes)) {
      if (value.state !== 'ready' && value.state !== 'detached') {
        await this.#settle(report, nodeThing(key), nodeThing(key), () => settleNode(this.#parts, key));
      }
    }
  }

  async #settle(
    report: ReconcileReport,
    name: string,
    thing: string,
    settle: () => Promise<Settled>,
  ): Promise<void> {
    await this.#guard(report, name, async () => {
      const settled = await this.#parts.operations.maintain(thing, settle);
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
          break;
      }
    });
  }

  async #findMissing(report: ReconcileReport): Promise<void> {
    const { catalog, pool } = this.#parts;
    const stands = async (kind: 'image' | 'disk' | 'snapshot', id: string, name: string): Promise<void> => {
      if ((await pool.stat({ kind, id })) === undefined) {
        report.missing.push(name);
      }
    };
    for (const { key, value } of await catalog.list(images)) {
      await (value.state === 'ready' && stands('image', value.id, imageThing(key)));
    }
    for (const { value } of await catalog.list(snapshots)) {
      await (value.state === 'ready' && stands('snapshot', value.id, `snapshot:${fullName(value)}`));
    }
    for (const { key, value } of await catalog.list(nodes)) {
      const isAtRest = value.state === 'ready' || value.state === 'detached';
      await (isAtRest && stands('disk', value.disk.id, nodeThing(key)));
    }
  }

  async #exportAll(report: ReconcileReport): Promise<void> {
    const { catalog, targets, exports, operations } = this.#parts;
    await this.#guard(report, 'targets', async () => {
      const states = new Map((await targets.list()).map((state) => [state.iqn, state]));
      for (const { key, value } of await catalog.list(nodes)) {
        const name = nodeThing(key);
        if (value.state !== 'ready' || report.missing.includes(name)) {
          continue;
        }
        const spec = exports.specOf(value);
        if (!isExported(spec, states.get(spec.iqn))) {
          await this.#guard(report, name, async () => {
            const done = await operations.maintain(name, () => exports.sync(key));
            (done === 'busy' ? report.busy : report.exported).push(name);
          });
        }
      }
    });
  }

  async #removeTemporaries(report: ReconcileReport, atStart: boolean): Promise<void> {
    const { pool, operations } = this.#parts;
    if (operations.idle) {
      report.removedTemporaries = await pool.removeTemporaries(atStart ? 0 : this.#options.graceMs);
    }
  }

  async #guard(report: ReconcileReport, thing: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn('a reconcile could not put something right; the next one tries again', {
        thing,
        error,
      });
      report.failed.push(failureOf(thing, error));
    }
  }

  /** Logs what was done, and what is wrong when that changed: a lasting problem is not news every time. */
  #log(report: ReconcileReport): void {
    const { missing, foreign, waiting, busy, failed, ...done } = report;
    const { log } = this.#parts;
    if (Object.values(done).some((value) => (typeof value === 'number' ? value > 0 : value.length > 0))) {
      log.info('reconciled', { ...done, busy });
    }
    const problems = JSON.stringify({ missing, foreign, waiting });
    if (
      problems !== this.#problems &&
      problems !== JSON.stringify({ missing: [], foreign: [], waiting: [] })
    ) {
      log.warn('the pool or the targets are not all as the catalog says', {
        missing,
        foreign,
        waiting,
        failed,
      });
    }
    this.#problems = problems;
  }
}
