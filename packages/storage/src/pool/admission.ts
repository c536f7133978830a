import { formatBytes, type RpcError } from '@patchbay/objects';

import type { CatalogReader } from '../catalog/catalog.js';
import type { VolumePool } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import type { Quota, Quotas } from './quotas.js';
import { type Usage, usageOfNodes } from './usage.js';

/** What a node asks for in addition. */
export interface Claim {
  readonly node: string;
  /** The node that has it so far: the projects of that node have it already, and are not asked. */
  readonly from?: string | undefined;
  readonly disks: number;
  readonly bytes: number;
}

export interface ProjectUsage {
  /** The prefix of the names of its nodes. */
  readonly project: string;
  readonly usage: Usage;
  readonly quota: Quota;
}

/** Decides whether something new is taken in, before any of it is made. */
export class Admission {
  readonly #pool: Pick<VolumePool, 'requireRoom'>;
  readonly #quotas: Quotas;

  constructor(pool: Pick<VolumePool, 'requireRoom'>, quotas: Quotas) {
    this.#pool = pool;
    this.#quotas = quotas;
  }

  /** Refuses while the pool takes in nothing new. @throws RpcError `POOL_HIGH_WATER`, `POOL_UNAVAILABLE` */
  requireRoom(): Promise<void> {
    return this.#pool.requireRoom();
  }

  /**
   * Checks the pool, and every quota that applies to the node. Call it in the transaction that writes the intent, so
   * that of two claims at once only those that fit together are admitted.
   *
   * @throws RpcError `QUOTA_EXCEEDED`, `POOL_HIGH_WATER`, `POOL_UNAVAILABLE`
   */
  async admit(tx: CatalogReader, claim: Claim): Promise<void> {
    await this.requireQuota(tx, claim);
    await this.requireRoom();
  }

  /** Checks every quota that applies to the node, and not the pool. @throws RpcError `QUOTA_EXCEEDED` */
  async requireQuota(tx: CatalogReader, { node, from, disks, bytes }: Claim): Promise<void> {
    for (const [project, quota] of Object.entries(this.#quotas)) {
      if (!node.startsWith(project) || from?.startsWith(project) === true) {
        continue;
      }
      const usage = await usageOfNodes(tx, project);
      if (
        usage.disks + disks > (quota.disks ?? Infinity) ||
        usage.bytes + bytes > (quota.bytes ?? Infinity)
      ) {
        throw quotaExceeded({ project, usage, quota }, { disks, bytes });
      }
    }
  }

  /** Lists what each project with a quota uses of it. */
  projects(reader: CatalogReader): Promise<ProjectUsage[]> {
    return Promise.all(
      Object.entries(this.#quotas).map(async ([project, quota]) => ({
        project,
        usage: await usageOfNodes(reader, project),
        quota,
      })),
    );
  }
}

function quotaExceeded(
  { project, usage, quota }: ProjectUsage,
  asked: Pick<Claim, 'disks' | 'bytes'>,
): RpcError {
  const whose = project === '' ? 'all nodes' : `the nodes "${project}*"`;
  const ofDisks = quota.disks === undefined ? '' : ` of ${String(quota.disks)}`;
  const ofBytes = quota.bytes === undefined ? '' : ` of ${formatBytes(quota.bytes)}`;
  const more = asked.disks === 0 ? 'more' : `in ${String(asked.disks)} more`;
  return storageError(
    'QUOTA_EXCEEDED',
    `${whose} have ${String(usage.disks)}${ofDisks} disks and ${formatBytes(usage.bytes)}${ofBytes}; ${formatBytes(asked.bytes)} ${more} would be over the quota: delete disks or snapshots, or raise the quota`,
    { details: { project, disks: usage.disks, bytes: usage.bytes, asked, quota } },
  );
}
