import { type LoopMount, mountXfs } from '@patchbay/storage/testing';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const poolBytes = 2 * 1024 ** 3;

/** A directory for everything that the quickstart creates, and a pool; disposal removes both. */
export class Scratch implements AsyncDisposable {
  readonly directory: string;
  readonly #mount: LoopMount | undefined;

  private constructor(directory: string, mount: LoopMount | undefined) {
    this.directory = directory;
    this.#mount = mount;
  }

  /** The pool's directory: a separate XFS filesystem, where clones are instant, if this user may mount one. */
  get pool(): string {
    return this.#mount?.path ?? join(this.directory, 'pool');
  }

  static async make(): Promise<Scratch> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-quickstart-'));
    await mkdir(join(directory, 'pool'));
    return new Scratch(directory, await tryToMount());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mount?.[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function tryToMount(): Promise<LoopMount | undefined> {
  try {
    return await mountXfs({ sizeBytes: poolBytes });
  } catch (error) {
    process.stdout.write(
      `(no XFS pool here, so clones are full copies: ${(error as Error).message.trim()})\n`,
    );
    return undefined;
  }
}
