import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { output } from '../system/command.js';

/** The tree of the installable program, made in a directory from which no package of the checkout is found. */
export class ProgramTree implements AsyncDisposable {
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  static async make(): Promise<ProgramTree> {
    const tree = new ProgramTree(await Scratch.make());
    try {
      await output(['node', 'scripts/make-program.js', tree.path], { cwd: root });
      return tree;
    } catch (error) {
      await tree[Symbol.asyncDispose]();
      throw error;
    }
  }

  get path(): string {
    return join(this.#scratch.path, 'program');
  }

  /** Gives a path in the tree. */
  at(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}
