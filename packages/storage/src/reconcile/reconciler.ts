import { isRpcError } from '@patchbay/core';

import { nodes } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { isExported } from '../provision/export-check.js';
import { isExportWanted } from '../provision/exports.js';
import { nodeThing, type Parts } from '../provision/parts.js';
import { Grace } from './grace.js';
import { settleLeftovers } from './leftovers.js';
import { findMissing } from './missing.js';
import { removeOrphans } from './orphans.js';
import { type ReconcileReport } from './report.js';
import { Round } from './round.js';

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
      const round = new Round(this.#parts.log);
      const { report } = round;
      // Without the pool nothing can be judged.
      await round.attempt('pool', async () => {
        await settleLeftovers(this.#parts, round);
        report.missing.push(...(await findMissing(this.#parts)));
        await round.attempt('targets', () => this.#exportAll(round));
        await removeOrphans(this.#parts, this.#grace, round);
        await this.#removeTemporaries(report, atStart);
      });
      this.#log(report);
      return report;
    });
  }

  /**
   * Exports every node's disk anew, after the target daemon was lost. A disk that cannot be exported is left to the
   * next `run`. @throws RpcError `TARGET_TOOL_UNAVAILABLE` when the daemon was lost again; begin anew then
   */
  async rebuildExports(): Promise<void> {
    const { catalog, exports, pool, log } = this.#parts;
    for (const { key, value } of await catalog.list(nodes)) {
      // The volume of a disk that is still being cloned is not there yet; its operation exports it.
      if (isExportWanted(value) && (await pool.stat({ kind: 'disk', id: value.disk.id })) !== undefined) {
        try {
          await exports.sync(key);
        } catch (error) {
          if (isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
            throw error;
          }
          log.error('a disk could not be exported again', { node: key, error });
        }
      }
    }
  }

  async #exportAll(round: Round): Promise<void> {
    const { catalog, targets, exports, operations } = this.#parts;
    const { report } = round;
    const states = new Map((await targets.list()).map((state) => [state.iqn, state]));
    for (const { key, value } of await catalog.list(nodes)) {
      const name = nodeThing(key);
      if (value.state !== 'ready' || report.missing.includes(name)) {
        continue;
      }
      const spec = exports.specOf(value);
      if (!isExported(spec, states.get(spec.iqn))) {
        await round.attempt(name, async () => {
          const done = await operations.maintain(name, () => exports.sync(key));
          (done === 'busy' ? report.busy : report.exported).push(name);
        });
      }
    }
  }

  async #removeTemporaries(report: ReconcileReport, atStart: boolean): Promise<void> {
    const { pool, operations } = this.#parts;
    if (operations.idle) {
      report.removedTemporaries = await pool.removeTemporaries(atStart ? 0 : this.#options.graceMs);
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
