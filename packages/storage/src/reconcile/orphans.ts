import type { Clock } from '@patchbay/objects';

import { nodes, orphans, targetOf } from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import { stagedVolume } from '../provision/node-recovery.js';
import { deleteOrphan, forget, noteOrphan, setAside } from '../provision/orphans.js';
import { targetsOf } from '../provision/resources.js';
import { isInUse, unrecordedTargets } from '../provision/unrecorded-targets.js';
import type { TargetState } from '../targets/target-host.js';
import type { ReconcileServices, Round } from './report.js';

/** Remembers how long orphans have been without a record, so that only what stays so for a while is removed. */
export class GracePeriod {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #graceMs: number;
  #sinceMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Takes all that has no record now, and returns what has had none, without a break, for the whole period. */
  expired(names: readonly string[]): ReadonlySet<string> {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs = new Map(names.map((name) => [name, this.#sinceMs.get(name) ?? nowMs]));
    return this.plan(names);
  }

  /** Returns what `expired` would return now, and remembers nothing. */
  plan(names: readonly string[]): ReadonlySet<string> {
    const nowMs = this.#clock.monotonicMs();
    return new Set(names.filter((name) => nowMs - (this.#sinceMs.get(name) ?? nowMs) >= this.#graceMs));
  }
}

/** A target, an account or a volume that carries our prefix and has no record. */
interface Orphan {
  readonly name: string;
  readonly remove: () => Promise<void>;
  readonly removed: string[];
  /** Whether it is a target in use, which no grace period ends after a restore. */
  readonly isInUse?: boolean;
  /** The name of the file that a target serves. */
  readonly file?: string | undefined;
}

/** Reserves the ids of the targets without a record, so that no new target takes the place of one in use. */
export async function reserveUnrecorded(round: Round): Promise<void> {
  const { targets, catalog, naming, claims } = round.services;
  for (const { daemon } of round.dryRun ? [] : targets.daemons) {
    await round.attempt(targetsOf(daemon), async () => {
      const found = await unrecordedTargets(catalog, naming, await targets.list(daemon));
      claims.reserve(daemon, new Set(found.map(({ tid }) => tid)));
    });
  }
}

/**
 * Removes the targets that are ours by their names and have had no record for the grace period, sets such volumes aside
 * for `keepMs`, as a missing record is no reason to lose data, and reports what is not ours. It looks at the tools before it looks at the catalog: whatever was made in between has its record
 * already, as records come first.
 */
export async function removeOrphans(grace: GracePeriod, keepMs: number, round: Round): Promise<void> {
  const { report, dryRun, services } = round;
  const { pool, targets, naming, catalog, log } = services;
  const all = (await pool.list()).map(({ volume }) => volume);
  const volumes = all.filter(({ kind }) => kind !== 'orphan');
  const states: TargetState[] = [];
  const accounts: { readonly daemon: number; readonly user: string }[] = [];
  for (const { daemon } of targets.daemons) {
    await round.attempt(targetsOf(daemon), async () => {
      states.push(...(await targets.list(daemon)));
      accounts.push(...(await targets.looseAccounts(daemon)).map((user) => ({ daemon, user })));
    });
  }
  const known = await knownNames(services);
  report.foreign.push(...states.filter(({ iqn }) => !naming.isOurs(iqn)).map(({ iqn }) => iqn));
  report.foreign.push(...((await pool.foreign?.()) ?? []).map((path) => `file:${path}`));

  const files = new Map(volumes.map((volume) => [pool.path(volume), volumeName(volume)]));
  const orphanTargets = (await unrecordedTargets(catalog, naming, states)).map((state): Orphan => {
    const { daemon, tid, iqn, backingPaths } = state;
    const remove = (): Promise<void> => targets.ensureRemoved({ daemon, tid, iqn });
    const [path = ''] = backingPaths.values();
    const whose = { isInUse: isInUse(state), file: files.get(path) };
    return { name: iqn, remove, removed: report.removedTargets, ...whose };
  });
  // Left by a removal that was cut short: a target is removed before its account.
  const orphanAccounts = accounts
    .filter(({ user }) => naming.isOurAccount(user) && !known.accounts.has(user))
    .map(({ daemon, user }): Orphan => {
      const remove = (): Promise<void> => targets.ensureAccountRemoved(daemon, user);
      return { name: `account:${user}`, remove, removed: report.removedTargets };
    });
  const orphanVolumes = volumes
    .filter((volume) => !known.volumes.has(volumeName(volume)))
    .map((volume): Orphan => {
      const remove = (): Promise<void> => setAside(services, volume, keepMs);
      return { name: volumeName(volume), remove, removed: report.setAside };
    });
  await round.attempt('orphans', () =>
    expireOrphans(
      round,
      all.filter(({ kind }) => kind === 'orphan'),
      keepMs,
    ),
  );
  // Targets first: a target holds its file open.
  const orphans = [...orphanTargets, ...orphanAccounts, ...orphanVolumes];
  // A restored backup does not know what was made after it; a person decides whether that may be removed.
  const isRestored = (await catalog.restoredFrom()) !== undefined;
  const kept = new Set(isRestored ? orphanVolumes.map(({ name }) => name) : []);
  const stays = (orphan: Orphan): boolean =>
    isRestored && (orphan.isInUse === true || kept.has(orphan.file ?? ''));
  // The period of a target in use begins when its last session has ended.
  const names = orphans.filter((orphan) => !stays(orphan)).map(({ name }) => name);
  const expired = dryRun ? grace.plan(names) : grace.expired(names);
  for (const orphan of orphans) {
    const { name, remove, removed } = orphan;
    if (stays(orphan)) {
      report.kept.push(name);
      continue;
    }
    if (!expired.has(name) || kept.has(name)) {
      report.waiting.push(name);
      continue;
    }
    await round.attempt(name, async () => {
      if (!dryRun) {
        await remove();
        if (removed === report.setAside) {
          log.warn('set aside a file that has no record; list_orphans shows it, adopt_orphan takes it back', {
            name,
          });
        } else {
          log.info('removed an orphan, which has no record in the catalog', { name });
        }
      }
      removed.push(name);
    });
  }
}

/** Deletes the files that have been set aside for long enough, and notes those that nobody has noted yet. */
async function expireOrphans(round: Round, present: readonly VolumeRef[], keepMs: number): Promise<void> {
  const { report, dryRun, services } = round;
  const { catalog, serviceTime } = services;
  const noted = new Map((await catalog.list(orphans)).map(({ key, value }) => [key, value]));
  const nowMs = await serviceTime.nowMs();
  for (const orphan of present) {
    const record = noted.get(orphan.id);
    noted.delete(orphan.id);
    if (record === undefined) {
      await (dryRun ? undefined : noteOrphan(services, orphan, keepMs));
    } else if (record.dueMs <= nowMs) {
      await (dryRun ? undefined : deleteOrphan(services, orphan.id));
      report.expired.push(`orphan:${orphan.id}`);
    }
  }
  for (const id of dryRun ? [] : noted.keys()) {
    await forget(services, id);
  }
}

async function knownNames({
  catalog,
  recovery,
}: ReconcileServices): Promise<Record<'accounts' | 'volumes', ReadonlySet<string>>> {
  const records = (await catalog.list(nodes)).map(({ value }) => value);
  const targets = records.flatMap((record) => targetOf(record) ?? []);
  const staged = records.flatMap((record) => (record.state === 'replacing' ? [stagedVolume(record)] : []));
  const volumes = (await recovery.fileRecords()).map(({ volume }) => volume);
  return {
    accounts: new Set(targets.map(({ chap }) => chap.user)),
    volumes: new Set([...volumes, ...staged].map(volumeName)),
  };
}

function volumeName({ kind, id }: VolumeRef): string {
  return `${kind}:${id}`;
}
