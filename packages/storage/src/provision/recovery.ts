import { images, nodes, renames, snapshots, trash } from '../catalog/tables.js';
import { isAtRest, planNode, recoverNode } from './node-states.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';
import { finishRename } from './renames.js';
import {
  diskResource,
  imageResource,
  nodeResource,
  type Resource,
  type ResourceKind,
  splitResource,
} from './resources.js';
import { fullName } from './snapshot-lookup.js';
import {
  planVolume,
  recoverImage,
  recoverSnapshot,
  recoverSnapshotsOf,
  recoverTrashed,
  volumeStates,
} from './volume-states.js';

/** A record that an operation left unfinished. */
export interface Unfinished {
  readonly name: string;
  /** What an operation on it holds. */
  readonly resource: Resource;
  readonly recover: () => Promise<Outcome>;
  /** Reports what `recover` would come to. */
  readonly plan: () => Promise<Outcome>;
}

/** Brings to rest what failed or interrupted operations have left unfinished. */
export class Recovery {
  readonly #services: RecoveryServices;
  readonly #byKind: Readonly<Record<ResourceKind, (name: string) => Promise<unknown>>>;

  constructor(services: RecoveryServices) {
    this.#services = services;
    this.#byKind = {
      image: (name) => recoverImage(services, name),
      node: (name) => this.#recoverNode(name),
      disk: (name) => recoverTrashed(services, name),
    };
  }

  /**
   * Recovers a resource with everything that belongs to it. The caller holds the operation on it.
   *
   * @throws what the pool and the target host throw; then the reconciler recovers it later
   */
  async recover(resource: Resource): Promise<void> {
    const [kind, name] = splitResource(resource);
    await this.#byKind[kind](name);
  }

  /** Lists all that is unfinished, whether or not an operation is under way on it. */
  async unfinished(): Promise<readonly Unfinished[]> {
    const services = this.#services;
    const { catalog } = services;
    const found: Unfinished[] = [];
    for (const { key, value } of await catalog.list(images)) {
      if (volumeStates[value.state] !== 'at rest') {
        const resource = imageResource(key);
        const plan = planner(planVolume(value.state));
        found.push({ name: resource, resource, recover: () => recoverImage(services, key), plan });
      }
    }
    for (const { key, value } of await catalog.list(snapshots)) {
      if (volumeStates[value.state] !== 'at rest') {
        const name = `snapshot:${fullName(value)}`;
        const resource = nodeResource(value.node);
        const plan = planner(planVolume(value.state));
        found.push({ name, resource, recover: () => recoverSnapshot(services, key), plan });
      }
    }
    for (const { key, value } of await catalog.list(nodes)) {
      if (!isAtRest(value)) {
        const resource = nodeResource(key);
        const plan = (): Promise<Outcome> => planNode(services, value);
        found.push({ name: resource, resource, recover: () => recoverNode(services, key), plan });
      }
    }
    for (const { key, value } of await catalog.list(renames)) {
      const resource = nodeResource(value);
      const recover = (): Promise<Outcome> => finishRename(catalog, key);
      found.push({ name: resource, resource, recover, plan: planner('finished') });
    }
    for (const { key, value } of await catalog.list(trash)) {
      if (volumeStates[value.state] !== 'at rest') {
        const resource = diskResource(key);
        const plan = planner(planVolume(value.state));
        found.push({ name: resource, resource, recover: () => recoverTrashed(services, key), plan });
      }
    }
    return found;
  }

  async #recoverNode(node: string): Promise<void> {
    const { catalog } = this.#services;
    await recoverNode(this.#services, node);
    const formerName = (await catalog.get(nodes, node))?.movedFrom;
    for (const from of formerName === undefined ? [node] : [node, formerName]) {
      await finishRename(catalog, from);
    }
    await recoverSnapshotsOf(this.#services, node);
  }
}

function planner(outcome: Outcome): () => Promise<Outcome> {
  return () => Promise.resolve(outcome);
}
