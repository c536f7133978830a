import { coreError, parseObjectName } from '@patchbay/objects';

import { tokenize } from '../completion/split-line.js';
import type { CommandContext } from '../command/context.js';

/** The commands that exist only at the prompt. */
export const replCommands = [
  { value: 'use', note: 'Call the methods of another object: use OBJECT' },
  { value: 'exit', note: 'Exit; so does Ctrl-D' },
] as const;

/** Runs lines one after another, each as a command line of its own, on one client. */
export class LineRunner {
  readonly #context: Pick<CommandContext, 'execute'>;
  /** The object of a METHOD that stands without one. */
  object: string;
  /** Whether a line asked to end. */
  ended = false;

  constructor(object: string, context: Pick<CommandContext, 'execute'>) {
    this.object = object;
    this.#context = context;
  }

  /** Runs a line; an empty one, and one that begins with #, does nothing. @throws RpcError of the command line */
  async run(line: string, signal: AbortSignal): Promise<void> {
    if (line.trimStart().startsWith('#')) {
      return;
    }
    const argv = tokenize(line);
    const [first, ...others] = argv;
    switch (first) {
      case undefined:
        return;
      case 'exit':
        requireCount('exit', others, 0);
        this.ended = true;
        return;
      case 'use':
        requireCount('use', others, 1);
        this.object = parseObjectName(others[0] ?? '');
        return;
      default:
        await this.#context.execute(argv, { defaultObject: this.object, signal });
    }
  }
}

function requireCount(name: string, args: readonly string[], count: number): void {
  if (args.length !== count) {
    const usage = count === 0 ? `"${name}" stands alone` : `usage: ${name} OBJECT`;
    throw coreError(
      args.length < count ? 'ARGUMENT_MISSING' : 'ARGUMENT_SURPLUS',
      `${usage}; if a method called "${name}" is meant, write OBJECT.${name}`,
    );
  }
}
