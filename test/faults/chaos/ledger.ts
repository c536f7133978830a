import type { Contents } from './contents.js';

/**
 * Where a volume is according to the catalog: `node:NAME`, `kept:NAME`, `trash`, `snapshot:NODE@NAME`, `image:NAME`;
 * `orphan` if it was set aside; `gone` if it is deleted.
 */
export type Place = string;

/** A volume that somebody was told of, or that an unanswered request may have made. */
export interface Volume {
  /** Unknown until the catalog is read, where no answer names it. */
  id: string | undefined;
  readonly contents: Contents;
  /** The image that it came from. */
  readonly image: string;
  /** Where it may be: in one place, or in one of several until the next look. */
  places: ReadonlySet<Place>;
}

/** Everything that was acknowledged to somebody, and what may be besides. */
export class Ledger {
  #volumes: Volume[] = [];
  #trashMayGo = false;

  get volumes(): readonly Volume[] {
    return this.#volumes;
  }

  /** Returns the volume in one of some places. */
  at(...places: readonly Place[]): Volume | undefined {
    return this.#volumes.find((volume) => places.some((place) => volume.places.has(place)));
  }

  in(place: Place): readonly Volume[] {
    return this.#volumes.filter((volume) => volume.places.has(place));
  }

  /** Enters that what is in the trash, or gets there, may be deleted until the next look, as the pool needs the room. */
  letTrashGo(): void {
    this.#trashMayGo = true;
    for (const volume of this.in('trash')) {
      this.move(volume, 'gone', false);
    }
  }

  /** Enters a volume that a request made, or, unacknowledged, may have made. */
  add(place: Place, of: Pick<Volume, 'contents' | 'image'>, acknowledged: boolean, id?: string): void {
    this.#volumes.push({ ...of, id, places: new Set(acknowledged ? [place] : [place, 'gone']) });
  }

  /** Enters that a volume was moved, or, unacknowledged, may have been. */
  move(volume: Volume, place: Place, acknowledged: boolean): void {
    const more = place === 'trash' && this.#trashMayGo ? [place, 'gone'] : [place];
    volume.places = new Set(acknowledged ? more : [...volume.places, ...more]);
  }

  /**
   * Compares it with what the catalog says, and takes that for certain from then on.
   *
   * @param found the places of all volumes by their ids
   * @returns what is wrong
   */
  settle(found: ReadonlyMap<string, Place>): string[] {
    this.#trashMayGo = false;
    const wrong: string[] = [];
    const left = new Map(found);
    const known = this.#volumes.filter(({ id }) => id !== undefined);
    for (const volume of known) {
      const place = left.get(volume.id ?? '') ?? 'gone';
      left.delete(volume.id ?? '');
      if (!volume.places.has(place)) {
        wrong.push(`${nameOf(volume)} is ${place}`);
      }
      volume.places = new Set([place]);
    }
    for (const volume of this.#volumes.filter(({ id }) => id === undefined)) {
      const [id, place] = [...left].find(([, each]) => volume.places.has(each)) ?? [undefined, 'gone'];
      if (id === undefined && !volume.places.has('gone')) {
        wrong.push(`${nameOf(volume)} is gone`);
      }
      left.delete(id ?? '');
      volume.id = id;
      volume.places = new Set([place]);
    }
    wrong.push(...[...left].map(([id, place]) => `${place} (${id}) was deleted, or never asked for`));
    this.#volumes = this.#volumes.filter(({ places }) => !places.has('gone'));
    return wrong;
  }
}

function nameOf({ id, places }: Volume): string {
  return `${[...places].join(' or ')} (${id ?? 'a new volume'})`;
}
