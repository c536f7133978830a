import type { PoolCapacity, VolumePool, VolumeRef, VolumeStat } from '../../src/disks/volume-pool.js';
import { storageError } from '../../src/errors.js';

/** The size of a pool in memory. */
export const poolBytes = 1024 ** 4;

/** A pool in memory. A volume's content is a text, so that a test can see what is a copy of what. */
export class MemoryPool implements VolumePool {
  copyOnWrite = true;
  readonly volumes = new Map<string, { volume: VolumeRef; sizeBytes: number; content: string }>();
  temporaries = 0;
  usedBytes = 0;
  /** Makes everything fail as a pool that is not mounted does. */
  isMissing = false;
  /** Called before each clone is made, to hold it up or fail it. */
  onClone: (signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();

  path({ kind, id }: VolumeRef): string {
    return `/pool/${kind}/${id}`;
  }

  stat(volume: VolumeRef): Promise<VolumeStat | undefined> {
    return this.#whenThere(() => {
      const found = this.volumes.get(this.path(volume));
      return found && { sizeBytes: found.sizeBytes, usedBytes: found.content.length };
    });
  }

  stats(volumes: readonly VolumeRef[]): Promise<readonly (VolumeStat | undefined)[]> {
    return Promise.all(volumes.map((volume) => this.stat(volume)));
  }

  async ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    if (this.volumes.has(this.path(target))) {
      return;
    }
    await this.onClone(options.signal);
    options.signal?.throwIfAborted();
    const found = this.volumes.get(this.path(source));
    if (found === undefined) {
      throw storageError('VOLUME_MISSING', `no volume ${this.path(source)}`);
    }
    this.write(target, Math.max(found.sizeBytes, options.sizeBytes ?? 0), found.content);
  }

  capacity(): Promise<PoolCapacity> {
    return this.#whenThere(() => ({
      filesystem: 'memory',
      sizeBytes: poolBytes,
      usedBytes: this.usedBytes,
      freeBytes: poolBytes - this.usedBytes,
      highWaterBytes: poolBytes * 0.9,
      isWritable: true,
    }));
  }

  async requireRoom(neededBytes = 0): Promise<void> {
    if (this.usedBytes + neededBytes > (await this.capacity()).highWaterBytes) {
      throw storageError('POOL_HIGH_WATER', 'the pool is above its high-water mark');
    }
  }

  ensureSize(volume: VolumeRef, sizeBytes: number): Promise<void> {
    const found = this.volumes.get(this.path(volume));
    if (found === undefined) {
      return Promise.reject(storageError('VOLUME_MISSING', `no volume ${this.path(volume)}`));
    }
    this.write(volume, Math.max(found.sizeBytes, sizeBytes), found.content);
    return Promise.resolve();
  }

  ensureReplaced(target: VolumeRef, source: VolumeRef): Promise<void> {
    const found = this.volumes.get(this.path(source));
    if (found !== undefined) {
      this.write(target, found.sizeBytes, found.content);
      this.volumes.delete(this.path(source));
    }
    return Promise.resolve();
  }

  ensureRemoved(volume: VolumeRef): Promise<void> {
    this.volumes.delete(this.path(volume));
    return Promise.resolve();
  }

  list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]> {
    return Promise.resolve([...this.volumes.values()].map(({ volume }) => ({ volume, modifiedAtMs: 0 })));
  }

  removeTemporaries(_olderThanMs: number, { dryRun = false } = {}): Promise<number> {
    const removed = this.temporaries;
    this.temporaries = dryRun ? removed : 0;
    return Promise.resolve(removed);
  }

  /** Puts a volume there, as an import does, or changes its content, as an initiator does. */
  write(volume: VolumeRef, sizeBytes: number, content: string): void {
    this.volumes.set(this.path(volume), { volume, sizeBytes, content });
  }

  content(volume: VolumeRef): string | undefined {
    return this.volumes.get(this.path(volume))?.content;
  }

  #whenThere<T>(look: () => T): Promise<T> {
    return this.isMissing
      ? Promise.reject(storageError('POOL_UNAVAILABLE', 'the pool is not mounted'))
      : Promise.resolve(look());
  }
}
