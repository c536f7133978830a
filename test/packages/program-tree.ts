import { cp } from 'node:fs/promises';
import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { builtProgram } from './build-folder.js';

/** The tree of the installable program, copied to a directory from which no package of the checkout is found. */
export class ProgramTree implements AsyncDisposable {
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  static async make(): Promise<ProgramTree> {
    const tree = new ProgramTree(await Scratch.make());
    try {
      await cp(await builtProgram(), tree.path, { recursive: true, verbatimSymlinks: true });
      return tree;
    } catch (error) {
      await tree[Symbol.asyncDispose]();
      throw error;
    }
  }

  get path(): string {
    return join(this.#scratch.path, 'program');
  }

  /** Returns a path in the tree. */
  at(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}
