import { type VolumePool, type VolumeRef, type VolumeStat } from '../../src/disks/volume-pool.js';
import { storageError } from '../../src/errors.js';

/** A pool in memory. A volume's content is a text, so that a test can see what is a copy of what. */
export class MemoryPool implements VolumePool {
  copyOnWrite = true;
  readonly volumes = new Map<string, { volume: VolumeRef; sizeBytes: number; content: string }>();
  temporaries = 0;
  /** Called before each clone is made, to hold it up or fail it. */
  onClone: (signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();

  path({ kind, id }: VolumeRef): string {
    return `/pool/${kind}/${id}`;
  }

  stat(volume: VolumeRef): Promise<VolumeStat | undefined> {
    const found = this.volumes.get(this.path(volume));
    return Promise.resolve(found && { sizeBytes: found.sizeBytes, usedBytes: found.content.length });
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

  ensureRemoved(volume: VolumeRef): Promise<void> {
    this.volumes.delete(this.path(volume));
    return Promise.resolve();
  }

  list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]> {
    return Promise.resolve([...this.volumes.values()].map(({ volume }) => ({ volume, modifiedAtMs: 0 })));
  }

  removeTemporaries(): Promise<number> {
    const removed = this.temporaries;
    this.temporaries = 0;
    return Promise.resolve(removed);
  }

  /** Puts a volume there, as an import does, or changes its content, as an initiator does. */
  write(volume: VolumeRef, sizeBytes: number, content: string): void {
    this.volumes.set(this.path(volume), { volume, sizeBytes, content });
  }

  content(volume: VolumeRef): string | undefined {
    return this.volumes.get(this.path(volume))?.content;
  }
}
