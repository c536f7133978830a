import { z } from 'zod';

import { orphans } from '../catalog/tables.js';
import { listOrphans, originOf } from '../provision/orphans.js';
import type { OperationServices } from '../provision/operation-services.js';
import { inspectVolumes } from './volume-state.js';

export const orphanView = z.object({
  orphan: z.string().describe('its id, for adopt_orphan and delete_orphan'),
  kind: z.enum(['image', 'disk', 'snapshot']).describe('what it was'),
  usedBytes: z.int(),
  setAsideAt: z.iso.datetime().optional(),
  deletedAt: z.iso.datetime().optional().describe('when it is deleted, if the server runs until then'),
});
export type OrphanView = z.infer<typeof orphanView>;

/** Lists the files that were set aside, the next to be deleted first. @throws RpcError `POOL_UNAVAILABLE` */
export async function viewOrphans({
  catalog,
  pool,
  serviceTime,
  clock,
}: OperationServices): Promise<OrphanView[]> {
  const found = await listOrphans(pool);
  const volumes = await inspectVolumes(pool, found);
  const records = new Map((await catalog.list(orphans)).map(({ key, value }) => [key, value]));
  const offsetMs = clock.now() - (await serviceTime.nowMs());
  const rows = found.flatMap((orphan, at): OrphanView[] => {
    const origin = originOf(orphan);
    const record = records.get(orphan.id);
    return origin === undefined
      ? []
      : [
          {
            orphan: orphan.id,
            kind: origin.kind,
            usedBytes: volumes[at]?.usedBytes ?? 0,
            ...(record && {
              setAsideAt: new Date(record.setAsideAtMs).toISOString(),
              deletedAt: new Date(record.dueMs + offsetMs).toISOString(),
            }),
          },
        ];
  });
  return rows.sort((a, b) => (a.deletedAt ?? '').localeCompare(b.deletedAt ?? ''));
}
