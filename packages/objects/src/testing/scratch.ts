import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory of a test, removed with its content. */
export class Scratch implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates an empty one. */
  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'patchbay-test-')));
  }

  /** Returns the path of a file in it. */
  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Removes the directory with its content. */
  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Removes the directory, like `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
