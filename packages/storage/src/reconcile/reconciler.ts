import { isRpcError } from '@patchbay/objects';

import { endAlertsWithoutExport, setAlert } from '../alerts/alerts.js';
import { type ExportedNode, nodes } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { isExported } from '../provision/exports.js';
import { diskVolume } from '../provision/node-recovery.js';
import { isExportWanted } from '../provision/node-states.js';
import { nodeResource, targetsOf } from '../provision/resources.js';
import { isInUse } from '../provision/unrecorded-targets.js';
import { describeForeign, foreignAccess } from '../targets/foreign-access.js';
import { emptyExpiredTrash, forgetCreating, recoverUnfinished } from './recover-unfinished.js';
import { GracePeriod, removeOrphans, reserveUnrecorded } from './orphans.js';
import { type ReconcileReport, type ReconcileServices, Round } from './report.js';

/** How a node's disk is served. */
interface Served {
  readonly isServed: boolean;
  /** Whether it is served otherwise, to somebody who is connected. */
  readonly isInUse: boolean;
  /** What its target has that the catalog does not know. */
  readonly foreign: string | undefined;
}

export interface ReconcilerOptions {
  /** How long a target or file of ours may be without a record before it is removed or set aside. */
  readonly graceMs: number;
  /** How long a file that had no record is kept where it was set aside. */
  readonly keepOrphansMs: number;
  /** What to do with rules, accounts and sessions that somebody added to our targets; default: `remove`. */
  readonly foreignAccess?: 'remove' | 'report' | undefined;
  /** Called with the result of each `run`; must not throw. */
  readonly ended?: ((report: ReconcileReport, durationMs: number) => void) | undefined;
}

/**
 * Makes the pool and the targets be what the catalog says, and finishes or undoes what was cut short. What has an
 * operation under way is left to the operation.
 */
export class Reconciler {
  readonly #services: ReconcileServices;
  readonly #options: ReconcilerOptions;
  readonly #grace: GracePeriod;
  readonly #oneAtATime = new KeyedMutex();
  #problems = '';

  constructor(services: ReconcileServices, options: ReconcilerOptions) {
    this.#services = services;
    this.#options = options;
    this.#grace = new GracePeriod(services.clock, options.graceMs);
  }

  /**
   * Reconciles once. A resource that cannot be put right does not hinder the others; the report names it.
   *
   * @param atStart - before any operation: temporary files of whatever age are leftovers then
   */
  run(atStart = false): Promise<ReconcileReport> {
    return this.#oneAtATime.run('reconcile', async () => {
      const { clock } = this.#services;
      const startedMs = clock.monotonicMs();
      const round = new Round(this.#services);
      await this.#reconcile(round, atStart);
      this.#log(round.report);
      this.#options.ended?.(round.report, clock.monotonicMs() - startedMs);
      return round.report;
    });
  }

  /** Reports what `run` would find and do, and does nothing. */
  plan(): Promise<ReconcileReport> {
    return this.#oneAtATime.run('reconcile', async () => {
      const round = new Round(this.#services, true);
      await this.#reconcile(round, false);
      return round.report;
    });
  }

  async #reconcile(round: Round, atStart: boolean): Promise<void> {
    const { report, dryRun } = round;
    const { pool, targets, operations } = this.#services;
    if (atStart) {
      await forgetCreating(round);
    }
    await reserveUnrecorded(round);
    // Without the pool nothing can be judged.
    await round.attempt('pool', async () => {
      await recoverUnfinished(round);
      await emptyExpiredTrash(round);
      report.missing.push(...(await this.#findMissing()));
      for (const { daemon } of targets.daemons) {
        await round.attempt(targetsOf(daemon), () => this.#exportAll(daemon, round));
      }
      await removeOrphans(this.#grace, this.#options.keepOrphansMs, round);
      if (operations.idle) {
        const olderThanMs = atStart ? 0 : this.#options.graceMs;
        report.removedTemporaries = await pool.removeTemporaries(olderThanMs, { dryRun });
      }
    });
    if (!dryRun) {
      await round.attempt('catalog', async () => {
        await endAlertsWithoutExport(this.#services);
        await this.#services.serviceTime.save();
      });
    }
  }

  /**
   * Exports every disk of a daemon again after the daemon was lost: one after the other without a look between, as it
   * is known to be empty, and one look at the end. A disk that cannot be exported is left to the next `run`.
   *
   * @throws RpcError `TARGET_TOOL_UNAVAILABLE` when the daemon was lost again; start again then
   */
  async rebuildExports(daemon: number): Promise<void> {
    const all = await this.#nodesOf(daemon);
    const stats = await this.#services.pool.stats(all.map(({ disk }) => diskVolume(disk)));
    // The volume of a disk that is still being cloned does not exist yet; its operation exports it.
    const exported = all.filter((_, at) => stats[at] !== undefined);
    for (const { node } of exported) {
      await this.#rebuildExport(node);
    }
    const served = await this.#served(daemon);
    for (const { node } of exported.filter((record) => !served(record).isServed)) {
      await this.#rebuildExport(node);
    }
  }

  async #rebuildExport(node: string): Promise<void> {
    try {
      await this.#services.exports.sync(node);
    } catch (error) {
      if (isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
        throw error;
      }
      this.#services.log.error('cannot export a disk again', { node, error });
    }
  }

  /** Lists the nodes whose disks a daemon should export. */
  async #nodesOf(daemon: number): Promise<readonly ExportedNode[]> {
    const records = (await this.#services.catalog.list(nodes)).map(({ value }) => value);
    return records.filter(isExportWanted).filter(({ target }) => target.daemon === daemon);
  }

  /** Looks at everything that a daemon serves, and returns a function that reports whether it serves a node's disk. */
  async #served(daemon: number): Promise<(node: ExportedNode) => Served> {
    const { targets, exports, pool } = this.#services;
    const found = await targets.list(daemon);
    const states = new Map(found.map((state) => [state.iqn, state]));
    // What was exported while the pool was read-only stays so until it is exported again, which cuts its reader off.
    const mayWrite = found.some(({ readOnly }) => readOnly) && (await pool.capacity()).isWritable;
    return (node) => {
      const state = states.get(node.target.iqn);
      const spec = exports.specOf(node);
      const isAsRecorded = isExported(spec, state);
      const isServed = isAsRecorded && !(mayWrite && state?.readOnly);
      const inUse = !isAsRecorded && state?.online === true && isInUse(state);
      return { isServed, isInUse: inUse, foreign: state && describeForeign(foreignAccess(spec, state)) };
    };
  }

  /** Names what is at rest and whose file is not in the pool. */
  async #findMissing(): Promise<string[]> {
    const { recovery, pool } = this.#services;
    const expected = (await recovery.fileRecords()).filter(({ isAtRest }) => isAtRest);
    const stats = await pool.stats(expected.map(({ volume }) => volume));
    return expected.flatMap(({ name }, at) => (stats[at] === undefined ? [name] : []));
  }

  /** Exports what a daemon should serve and does not. */
  async #exportAll(daemon: number, round: Round): Promise<void> {
    const { exports } = this.#services;
    const { report } = round;
    const missing = new Set(report.missing);
    const isRestored = (await this.#services.catalog.restoredFrom()) !== undefined;
    const served = await this.#served(daemon);
    for (const record of await this.#nodesOf(daemon)) {
      const name = nodeResource(record.node);
      if (record.state !== 'ready' || missing.has(name)) {
        continue;
      }
      const { isServed, isInUse, foreign } = served(record);
      await this.#tellForeign(record.node, foreign, round);
      if (isRestored && isInUse) {
        // The secret or the target id of an older catalog would cut the node off.
        report.kept.push(name);
        continue;
      }
      if (!isServed || (foreign !== undefined && this.#options.foreignAccess !== 'report')) {
        const sync = async (): Promise<boolean> => {
          await (round.dryRun ? undefined : exports.sync(record.node));
          return true;
        };
        if ((await round.maintain(name, name, sync)) === true) {
          if (!isServed) {
            report.exported.push(name);
          }
          await this.#tellForeign(record.node, undefined, round);
        }
      }
    }
  }

  /** Raises the alert that a node's target has what somebody added by hand, or ends it. */
  async #tellForeign(node: string, foreign: string | undefined, round: Round): Promise<void> {
    if (foreign !== undefined) {
      round.report.foreignAccess.push(nodeResource(node));
    }
    if (!round.dryRun) {
      await setAlert(this.#services, node, 'foreign-access', foreign);
    }
  }

  /** Logs what was done, and what is wrong if that has changed: a lasting problem is not news every time. */
  #log(report: ReconcileReport): void {
    const { missing, foreign, waiting, kept, busy, failed, ...done } = report;
    const { log } = this.#services;
    if (Object.values(done).some((value) => (typeof value === 'number' ? value > 0 : value.length > 0))) {
      log.info('reconciled', { ...done, busy });
    }
    const problems = JSON.stringify({ missing, foreign, waiting, kept });
    const isAny = missing.length + foreign.length + waiting.length + kept.length > 0;
    if (isAny && problems !== this.#problems) {
      log.warn('the pool or the targets differ from the catalog', {
        missing,
        foreign,
        waiting,
        kept,
        failed,
      });
    }
    this.#problems = problems;
  }
}
