import { isRpcError } from '@patchbay/objects';

import { type ExportedNode, nodes } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { isExported } from '../provision/export-check.js';
import { isExportWanted } from '../provision/exports.js';
import { nodeThing, type Parts, targetsThing } from '../provision/parts.js';
import { Grace } from './grace.js';
import { emptyExpiredTrash, settleLeftovers } from './leftovers.js';
import { findMissing } from './missing.js';
import { removeOrphans } from './orphans.js';
import { type ReconcileReport } from './report.js';
import { Round } from './round.js';

/** How a reconciler is set up. */
export interface ReconcilerOptions {
  /** How long a target or file of ours may be without a record before it is removed. */
  readonly graceMs: number;
  /** Told of each `run` when it has ended; must not throw. */
  readonly ended?: ((report: ReconcileReport, durationMs: number) => void) | undefined;
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
      const { clock, log } = this.#parts;
      const startedMs = clock.monotonicMs();
      const round = new Round(log);
      await this.#go(round, atStart);
      this.#log(round.report);
      this.#options.ended?.(round.report, clock.monotonicMs() - startedMs);
      return round.report;
    });
  }

  /** Tells what `run` would find and do, and does nothing. */
  foresee(): Promise<ReconcileReport> {
    return this.#oneAtATime.run('reconcile', async () => {
      const round = new Round(this.#parts.log, true);
      await this.#go(round, false);
      return round.report;
    });
  }

  async #go(round: Round, atStart: boolean): Promise<void> {
    const { report } = round;
    // Without the pool nothing can be judged.
    await round.attempt('pool', async () => {
      await settleLeftovers(this.#parts, round);
      await emptyExpiredTrash(this.#parts, round);
      report.missing.push(...(await findMissing(this.#parts)));
      for (const { daemon } of this.#parts.targets.daemons) {
        await round.attempt(targetsThing(daemon), () => this.#exportAll(daemon, round));
      }
      await removeOrphans(this.#parts, this.#grace, round);
      await this.#removeTemporaries(round, atStart);
    });
  }

  /**
   * Exports every disk of a daemon anew, after the daemon was lost: one after the other without a look between, as it
   * is known to be empty, and one look at the end. A disk that cannot be exported is left to the next `run`.
   * @throws RpcError `TARGET_TOOL_UNAVAILABLE` when the daemon was lost again; begin anew then
   */
  async rebuildExports(daemon: number): Promise<void> {
    const all = await this.#nodesOf(daemon);
    const volumes = all.map(([, { disk }]) => ({ kind: 'disk', id: disk.id }) as const);
    const stats = await this.#parts.pool.stats(volumes);
    // The volume of a disk that is still being cloned is not there yet; its operation exports it.
    const exported = all.filter((_, at) => stats[at] !== undefined);
    for (const [key] of exported) {
      await this.#rebuildExport(key);
    }
    const isServed = await this.#served(daemon);
    for (const [key, value] of exported) {
      if (!isServed(value)) {
        await this.#rebuildExport(key);
      }
    }
  }

  async #rebuildExport(node: string): Promise<void> {
    try {
      await this.#parts.exports.sync(node);
    } catch (error) {
      if (isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
        throw error;
      }
      this.#parts.log.error('a disk could not be exported again', { node, error });
    }
  }

  /** Gives the nodes whose disks a daemon shall export, with their keys. */
  async #nodesOf(daemon: number): Promise<readonly (readonly [string, ExportedNode])[]> {
    return (await this.#parts.catalog.list(nodes)).flatMap(({ key, value }) =>
      isExportWanted(value) && value.target.daemon === daemon ? [[key, value] as const] : [],
    );
  }

  /** Looks at everything that a daemon serves, and gives what says whether a node's disk is among it. */
  async #served(daemon: number): Promise<(node: ExportedNode) => boolean> {
    const { targets, exports, pool } = this.#parts;
    const found = await targets.list(daemon);
    const states = new Map(found.map((state) => [state.iqn, state]));
    // What was exported while the pool was read-only stays so until it is exported anew, which cuts its reader off.
    const mayWrite = found.some(({ readOnly }) => readOnly) && (await pool.capacity()).isWritable;
    return (node) => {
      const state = states.get(node.target.iqn);
      return isExported(exports.specOf(node), state) && !(mayWrite && state?.readOnly);
    };
  }

  /** Exports what a daemon shall serve and does not. */
  async #exportAll(daemon: number, round: Round): Promise<void> {
    const { exports, operations } = this.#parts;
    const { report } = round;
    const missing = new Set(report.missing);
    const isServed = await this.#served(daemon);
    for (const [key, value] of await this.#nodesOf(daemon)) {
      const name = nodeThing(key);
      if (value.state === 'ready' && !missing.has(name) && !isServed(value)) {
        await round.attempt(name, async () => {
          const done = await operations.maintain(name, async () => {
            await (round.dryRun ? undefined : exports.sync(key));
          });
          (done === 'busy' ? report.busy : report.exported).push(name);
        });
      }
    }
  }

  async #removeTemporaries({ report, dryRun }: Round, atStart: boolean): Promise<void> {
    const { pool, operations } = this.#parts;
    if (operations.idle) {
      const olderThanMs = atStart ? 0 : this.#options.graceMs;
      report.removedTemporaries = await pool.removeTemporaries(olderThanMs, { dryRun });
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
