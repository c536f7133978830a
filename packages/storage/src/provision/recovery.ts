import { images, nodes, renames, snapshotKey, snapshots, trash } from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import { diskVolume } from './node-recovery.js';
import { isAtRest, planNode, recoverNode } from './node-states.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';
import { finishRename } from './renames.js';
import { diskResource, imageResource, nodeResource, type Resource, splitResource } from './resources.js';
import { fullName } from './snapshot-lookup.js';
import {
  planVolume,
  recoverImage,
  recoverSnapshot,
  recoverTrashed,
  type VolumeState,
} from './volume-states.js';

/** A record that an operation may have left unfinished. */
interface Recoverable {
  readonly name: string;
  /** What an operation on it holds. */
  readonly resource: Resource;
  readonly recover: () => Promise<Outcome>;
  /** Reports what `recover` would come to. */
  readonly plan: () => Outcome | Promise<Outcome>;
}

/** The record of something that has a file in the pool. */
interface FileRecord extends Recoverable {
  readonly isAtRest: boolean;
  readonly volume: VolumeRef;
}

/** Brings to rest what failed or interrupted operations have left unfinished. */
export class Recovery {
  readonly #services: RecoveryServices;

  constructor(services: RecoveryServices) {
    this.#services = services;
  }

  /**
   * Recovers a resource with everything that belongs to it. The caller holds the operation on it.
   *
   * @throws what the pool and the target host throw; then the reconciler recovers it later
   */
  async recover(resource: Resource): Promise<void> {
    const [kind, name] = splitResource(resource);
    if (kind === 'image') {
      await recoverImage(this.#services, name);
    } else if (kind === 'node') {
      await this.#recoverNode(name);
    } else {
      await recoverTrashed(this.#services, name);
    }
  }

  /** Lists all that is unfinished, whether or not an operation is under way on it. */
  async unfinished(): Promise<readonly Recoverable[]> {
    const { catalog } = this.#services;
    const records = await this.fileRecords();
    const renamed = (await catalog.list(renames)).map(({ key, value }): Recoverable => {
      const resource = nodeResource(value);
      return { name: resource, resource, recover: () => finishRename(catalog, key), plan: () => 'finished' };
    });
    return [...records.filter((record) => !record.isAtRest), ...renamed];
  }

  /** Lists the records of images, of snapshots, and of disks of nodes and in the trash. */
  async fileRecords(): Promise<readonly FileRecord[]> {
    const services = this.#services;
    const { catalog } = services;
    const ofImages = (await catalog.list(images)).map(({ key, value }): FileRecord => {
      const recover = (): Promise<Outcome> => recoverImage(services, key);
      const resource = imageResource(key);
      return { name: resource, resource, volume: { kind: 'image', id: value.id }, recover, ...rest(value) };
    });
    const ofSnapshots = (await catalog.list(snapshots)).map(({ key, value }): FileRecord => {
      const recover = (): Promise<Outcome> => recoverSnapshot(services, key);
      const name = `snapshot:${fullName(value)}`;
      const resource = nodeResource(value.node);
      return { name, resource, volume: { kind: 'snapshot', id: value.id }, recover, ...rest(value) };
    });
    const ofNodes = (await catalog.list(nodes)).map(({ key, value }): FileRecord => {
      const resource = nodeResource(key);
      return {
        name: resource,
        resource,
        volume: diskVolume(value.disk),
        isAtRest: isAtRest(value),
        recover: () => recoverNode(services, key),
        plan: () => planNode(services, value),
      };
    });
    const trashed = (await catalog.list(trash)).map(({ key, value }): FileRecord => {
      const recover = (): Promise<Outcome> => recoverTrashed(services, key);
      const resource = diskResource(key);
      return { name: resource, resource, volume: diskVolume(value.disk), recover, ...rest(value) };
    });
    return [...ofImages, ...ofSnapshots, ...ofNodes, ...trashed];
  }

  async #recoverNode(node: string): Promise<void> {
    const { catalog } = this.#services;
    await recoverNode(this.#services, node);
    const formerName = (await catalog.get(nodes, node))?.movedFrom;
    for (const from of formerName === undefined ? [node] : [node, formerName]) {
      await finishRename(catalog, from);
    }
    for (const { key } of await catalog.list(snapshots, snapshotKey(node, ''))) {
      await recoverSnapshot(this.#services, key);
    }
  }
}

function rest({ state }: { readonly state: VolumeState }): Pick<FileRecord, 'isAtRest' | 'plan'> {
  const outcome = planVolume(state);
  return { isAtRest: outcome === 'nothing', plan: () => outcome };
}
