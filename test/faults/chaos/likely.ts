import type { Random } from '../../soak/random.js';
import type { Request } from './plan.js';

export const nodeNames = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const;
const snapshotNames = ['s0', 's1'] as const;
/** Images; `ubuntu` is always there. */
const imageNames = ['ubuntu', 'debian'] as const;

type Kind = Request['kind'];

/** How likely each request is, relative to the others. */
const weights: Readonly<Record<Kind, number>> = {
  provision: 6,
  clone: 3,
  write: 8,
  snapshot: 4,
  restore: 3,
  unsnapshot: 2,
  detach: 4,
  attach: 2,
  retrieve: 2,
  purge: 1,
  rename: 2,
  resize: 2,
  rotate: 2,
  import: 1,
  delete_image: 1,
};
/** Of how many requests one is about any node, whatever it likely has. */
const strangeEvery = 8;

/**
 * What there likely is, if every request succeeds: so that most requests are about something. It knows nothing of
 * accidents, and depends on the seed alone.
 */
export class Likely {
  readonly #random: Random;
  readonly #nodes = new Map<string, 'attached' | 'kept'>();
  readonly #snapshots = new Set<string>();
  #trashed = 0;
  #hasDebian = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Draws a request about nodes that are free, which are taken out of the list. */
  draw(free: string[]): Request {
    const kind = this.#drawKind();
    const snapshot = this.#pick(snapshotNames);
    const node = this.#take(free, kind, snapshot);
    const request = this.#complete(kind, node, snapshot, free);
    this.note(request);
    return request;
  }

  /** Takes a request for done. */
  note(request: Request): void {
    switch (request.kind) {
      case 'provision':
      case 'clone':
      case 'attach':
        this.#nodes.set(request.node, 'attached');
        return;
      case 'snapshot':
        this.#snapshots.add(`${request.node}@${request.snapshot}`);
        return;
      case 'unsnapshot':
        this.#snapshots.delete(`${request.node}@${request.snapshot}`);
        return;
      case 'detach':
        this.#trashed += request.disk === 'trash' ? 1 : 0;
        if (request.disk === 'keep') {
          this.#nodes.set(request.node, 'kept');
        } else {
          this.#nodes.delete(request.node);
        }
        return;
      case 'retrieve':
        this.#trashed = Math.max(0, this.#trashed - 1);
        this.#nodes.set(request.node, 'kept');
        return;
      case 'purge':
        this.#trashed = Math.max(0, this.#trashed - 1);
        return;
      case 'rename':
        this.#nodes.set(request.to, this.#nodes.get(request.node) ?? 'attached');
        this.#nodes.delete(request.node);
        return;
      case 'import':
      case 'delete_image':
        this.#hasDebian = request.kind === 'import';
        return;
      default:
    }
  }

  #complete(kind: Kind, node: string, snapshot: string, free: string[]): Request {
    switch (kind) {
      case 'provision':
        return { kind, node, image: this.#hasDebian ? this.#pick(imageNames) : 'ubuntu' };
      case 'clone': {
        const [from = this.#pick(nodeNames), name = snapshot] = this.#anySnapshot()?.split('@') ?? [];
        return { kind, node, from, snapshot: name };
      }
      case 'snapshot':
      case 'restore':
      case 'unsnapshot':
        return { kind, node, snapshot };
      case 'detach':
        return { kind, node, disk: this.#pick(['trash', 'keep', 'now'] as const) };
      case 'rename':
        return { kind, node, to: this.#take(free, 'provision', snapshot) };
      case 'import':
      case 'delete_image':
        return { kind, image: 'debian' };
      default:
        return { kind, node };
    }
  }

  /** Takes a free node that a request of this kind can be about. */
  #take(free: string[], kind: Kind, snapshot: string): string {
    const fits = free.filter((node) => this.#fits(kind, node, snapshot));
    const some = fits.length === 0 || this.#random.below(strangeEvery) === 0 ? free : fits;
    const node = some[this.#random.below(some.length)] ?? 'n9';
    free.splice(free.indexOf(node), free.includes(node) ? 1 : 0);
    return node;
  }

  #fits(kind: Kind, node: string, snapshot: string): boolean {
    const state = this.#nodes.get(node);
    switch (kind) {
      case 'provision':
      case 'clone':
      case 'retrieve':
        return state === undefined;
      case 'restore':
      case 'unsnapshot':
        return this.#snapshots.has(`${node}@${snapshot}`);
      case 'snapshot':
        return state === 'attached' && !this.#snapshots.has(`${node}@${snapshot}`);
      case 'attach':
        return state === 'kept';
      case 'write':
      case 'resize':
      case 'rotate':
      case 'rename':
      case 'detach':
        return state === 'attached';
      default:
        return true;
    }
  }

  #anySnapshot(): string | undefined {
    return [...this.#snapshots][this.#random.below(this.#snapshots.size || 1)];
  }

  #drawKind(): Kind {
    const possible = (Object.entries(weights) as [Kind, number][]).filter(([kind]) => this.#isPossible(kind));
    let left = this.#random.below(possible.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [kind, weight] of possible) {
      left -= weight;
      if (left < 0) {
        return kind;
      }
    }
    return 'write';
  }

  #isPossible(kind: Kind): boolean {
    switch (kind) {
      case 'retrieve':
      case 'purge':
        return this.#trashed > 0;
      case 'clone':
      case 'restore':
      case 'unsnapshot':
        return this.#snapshots.size > 0;
      default:
        return true;
    }
  }

  #pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.#random.below(items.length)] ?? items[0];
  }
}
