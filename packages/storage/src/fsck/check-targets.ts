import type { Catalog } from '../catalog/catalog.js';
import { nodes } from '../catalog/tables.js';
import { type Exports, isExported } from '../provision/exports.js';
import type { Naming } from '../provision/naming.js';
import { nodeResource } from '../provision/resources.js';
import { describeUnrecorded, isInUse, unrecordedTargets } from '../provision/unrecorded-targets.js';
import { describeForeign, foreignAccess } from '../targets/foreign-access.js';
import type { TargetHost, TargetState } from '../targets/target-host.js';
import type { Finding } from './finding.js';

/** What targets are checked with. */
export interface TargetCheckServices {
  readonly targets: Pick<TargetHost, 'daemons' | 'list'>;
  readonly exports: Pick<Exports, 'specOf'>;
  readonly naming: Naming;
}

/** Finds targets that are missing, wrong, ours without a record, or not ours. */
export async function checkTargets(
  catalog: Catalog,
  { targets, exports, naming }: TargetCheckServices,
): Promise<Finding[]> {
  const perDaemon = await Promise.all(targets.daemons.map(({ daemon }) => targets.list(daemon)));
  const states = new Map(perDaemon.flat().map((state) => [state.iqn, state]));
  const records = await catalog.list(nodes);
  const findings: Finding[] = [];
  for (const { key, value } of records) {
    if (value.state === 'ready') {
      const spec = exports.specOf(value);
      const state = states.get(spec.iqn);
      const foreign = state && describeForeign(foreignAccess(spec, state));
      if (foreign !== undefined) {
        findings.push({
          severity: 'warning',
          resource: nodeResource(key),
          problem: foreign,
          advice:
            'find out who added it; the reconciler removes it unless the option foreignAccess is report',
        });
      }
      if (!isExported(spec, state)) {
        findings.push({
          severity: 'warning',
          resource: nodeResource(key),
          problem: state !== undefined ? 'its target differs from the catalog' : 'its disk is not exported',
          advice: 'the reconciler exports it; if it cannot, rpcclient reconcile reports why',
        });
      } else if (state?.readOnly) {
        findings.push({
          severity: 'warning',
          resource: nodeResource(key),
          problem: 'its disk is read-only, because the pool was read-only when it was exported',
          advice: 'the reconciler exports it again as soon as the pool is writable',
        });
      }
    }
  }
  const isRestored = (await catalog.restoredFrom()) !== undefined;
  for (const target of await unrecordedTargets(catalog, naming, [...states.values()])) {
    findings.push({
      severity: 'warning',
      resource: target.iqn,
      ...(isRestored && isInUse(target)
        ? {
            problem: await describeUnrecorded(catalog, naming, target),
            advice: 'take its disk back with these commands, or end the session, before confirm_restore',
          }
        : {
            problem: 'the target has no record',
            advice: isRestored
              ? 'it stays until confirm_restore as long as its file is kept; take that back with adopt_orphan'
              : 'the reconciler removes it after the grace period',
          }),
    });
  }
  for (const { iqn } of states.values()) {
    if (!naming.isOurs(iqn)) {
      findings.push({
        severity: 'note',
        resource: iqn,
        problem: 'the target is not ours',
        advice: 'it is left alone',
      });
    }
  }
  return [...findings, ...findSharedFiles([...states.values()])];
}

/** Finds files behind several targets, which several nodes would write. */
function findSharedFiles(states: readonly TargetState[]): Finding[] {
  const users = new Map<string, string[]>();
  for (const { iqn, backingPaths } of states) {
    for (const path of backingPaths.values()) {
      users.set(path, [...(users.get(path) ?? []), iqn]);
    }
  }
  return [...users]
    .filter(([, iqns]) => iqns.length > 1)
    .map(([path, iqns]) => ({
      severity: 'error',
      resource: path,
      problem: `is exported by several targets: ${iqns.join(', ')}`,
      advice: 'detach all but one of these nodes immediately, before they corrupt the disk',
    }));
}
