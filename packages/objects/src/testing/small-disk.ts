import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Scratch } from './scratch.js';

/** A small filesystem in memory, which can be full or read-only. Only root can mount it. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.path = scratch.path;
  }

  /** Mounts one of this size, in MiB. */
  static async mount(mebibytes = 2): Promise<SmallDisk> {
    const disk = new SmallDisk(await Scratch.make());
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(mebibytes)}m`, 'tmpfs', disk.path]);
    return disk;
  }

  /** Fills it to the last block. */
  fill(): void {
    try {
      for (;;) {
        appendFileSync(this.#ballast, Buffer.alloc(4096));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
        throw error;
      }
    }
  }

  /** Makes room again. */
  free(): void {
    rmSync(this.#ballast);
  }

  /** Makes it read-only, which nobody may have a file open for writing for, or writable again. */
  remount(how: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${how}`, this.path]);
  }

  /** Unmounts it, and removes its directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', [this.path]);
    await this.#scratch.close();
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }
}

/** A way in which a disk cannot be written, and the reason that a store gives. */
export interface DiskTrouble {
  readonly title: string;
  readonly reason: string;
  /** Brings it about. */
  readonly strike: (disk: SmallDisk) => void;
  /** Ends it. */
  readonly heal: (disk: SmallDisk) => void;
}

/** The ways in which a disk cannot be written. */
export const diskTroubles: readonly DiskTrouble[] = [
  {
    title: 'full',
    reason: 'STORE_FULL',
    strike: (disk: SmallDisk): void => {
      disk.fill();
    },
    heal: (disk: SmallDisk): void => {
      disk.free();
    },
  },
  {
    title: 'read-only',
    reason: 'STORE_READ_ONLY',
    strike: (disk: SmallDisk): void => {
      disk.remount('ro');
    },
    heal: (disk: SmallDisk): void => {
      disk.remount('rw');
    },
  },
];
