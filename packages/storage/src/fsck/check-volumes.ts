import type { CatalogReader } from '../catalog/catalog.js';
import { images, nodes, snapshots, trash } from '../catalog/tables.js';
import type { VolumePool, VolumeRef } from '../disks/volume-pool.js';
import { exactSize } from '../provision/disk-size.js';
import { isAtRest } from '../provision/node-states.js';
import { diskResource, imageResource, nodeResource } from '../provision/resources.js';
import { fullName } from '../provision/snapshot-lookup.js';
import type { Finding } from './finding.js';

/** A volume that a record refers to. */
interface Expected {
  readonly resource: string;
  readonly volume: VolumeRef;
  /** Undefined while an operation on the record is unfinished, so that the volume may or may not exist. */
  readonly sizeBytes: number | undefined;
}

/** Finds volumes that are missing, too small or without a record, and files that are not ours. @throws RpcError `POOL_UNAVAILABLE` */
export async function checkVolumes(
  catalog: CatalogReader,
  pool: Pick<VolumePool, 'stats' | 'list' | 'foreign'>,
): Promise<Finding[]> {
  // Files first: a volume created meanwhile already has its record.
  const present = await pool.list();
  const expected = await expectedVolumes(catalog);
  const stats = await pool.stats(expected.map(({ volume }) => volume));
  const findings = expected.flatMap(({ resource, sizeBytes }, at) =>
    sizeBytes === undefined ? [] : checkSize(resource, sizeBytes, stats[at]?.sizeBytes),
  );
  const known = new Set(expected.map(({ volume }) => nameOf(volume)));
  for (const { volume } of present) {
    if (volume.kind === 'orphan') {
      findings.push({
        severity: 'note',
        resource: nameOf(volume),
        problem: 'the file had no record and was set aside',
        advice: 'take it back with adopt_orphan, or let it expire; list_orphans tells when',
      });
    } else if (!known.has(nameOf(volume))) {
      findings.push({
        severity: 'warning',
        resource: nameOf(volume),
        problem: 'the file has no record',
        advice:
          'the reconciler sets it aside after the grace period; after a restore it stays until confirm_restore, and adopt_orphan takes it back',
      });
    }
  }
  for (const path of (await pool.foreign?.()) ?? []) {
    findings.push({
      severity: 'note',
      resource: `file:${path}`,
      problem: 'the file is not ours',
      advice: 'it is left alone',
    });
  }
  return findings;
}

function checkSize(resource: string, sizeBytes: number, foundBytes: number | undefined): Finding[] {
  if (foundBytes === undefined) {
    const advice = resource.startsWith('image:')
      ? 'import the image again from the same source'
      : 'restore the file from a backup of the pool, or delete the resource';
    return [{ severity: 'error', resource, problem: 'its file is missing from the pool', advice }];
  }
  if (foundBytes < sizeBytes) {
    const problem = `its file has ${exactSize(foundBytes)} and not ${exactSize(sizeBytes)}`;
    const advice = 'it may have been truncated; restore it from a backup of the pool';
    return [{ severity: 'error', resource, problem, advice }];
  }
  return [];
}

async function expectedVolumes(catalog: CatalogReader): Promise<Expected[]> {
  const ofImages = (await catalog.list(images)).map(({ key, value }): Expected => ({
    resource: imageResource(key),
    volume: { kind: 'image', id: value.id },
    sizeBytes: value.state === 'ready' ? value.content.sizeBytes : undefined,
  }));
  const ofSnapshots = (await catalog.list(snapshots)).map(({ value }): Expected => ({
    resource: `snapshot:${fullName(value)}`,
    volume: { kind: 'snapshot', id: value.id },
    sizeBytes: value.state === 'ready' ? value.sizeBytes : undefined,
  }));
  const ofNodes = (await catalog.list(nodes)).flatMap(({ key, value }): Expected[] => {
    const resource = nodeResource(key);
    const sizeBytes = isAtRest(value) ? value.disk.sizeBytes : undefined;
    const disk = { resource, volume: { kind: 'disk', id: value.disk.id }, sizeBytes } as const;
    return value.state === 'replacing'
      ? [disk, { resource, volume: { kind: 'disk', id: value.stagedId }, sizeBytes: undefined }]
      : [disk];
  });
  const trashed = (await catalog.list(trash)).map(({ key, value }): Expected => ({
    resource: diskResource(key),
    volume: { kind: 'disk', id: key },
    sizeBytes: value.state === 'trashed' ? value.disk.sizeBytes : undefined,
  }));
  return [...ofImages, ...ofSnapshots, ...ofNodes, ...trashed];
}

function nameOf({ kind, id }: VolumeRef): string {
  return `${kind}:${id}`;
}
