import { coreError, parseObjectName } from '@patchbay/objects';

import { wordsOfLine } from '../completion/split-line.js';
import { type Stage } from '../command/stage.js';

/** The words that only the lines of `repl` know. */
export const replWords = [
  { value: 'use', note: 'Call the methods of another object: use OBJECT' },
  { value: 'help', note: 'Tell the methods of the object, or of one: help [METHOD]' },
  { value: 'exit', note: 'End; Ctrl-D does too' },
] as const;

/** Runs lines one after the other, each as a command line of its own on one client. */
export class LineRunner {
  readonly #stage: Pick<Stage, 'execute'>;
  /** The object of a METHOD that stands without one. */
  object: string;
  /** Whether a line asked to end. */
  ended = false;

  constructor(object: string, stage: Pick<Stage, 'execute'>) {
    this.object = object;
    this.#stage = stage;
  }

  /** Runs a line; an empty one, and one that begins with #, does nothing. @throws RpcError what comes of it */
  async run(line: string, signal: AbortSignal): Promise<void> {
    if (line.trimStart().startsWith('#')) {
      return;
    }
    const words = wordsOfLine(line);
    const [first, ...others] = words;
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
      case 'help':
        await this.#execute([...others, '--help'], signal);
        return;
      default:
        await this.#execute(words, signal);
    }
  }

  #execute(words: readonly string[], signal: AbortSignal): Promise<void> {
    return this.#stage.execute(words, { defaultObject: this.object, signal });
  }
}

function requireCount(name: string, words: readonly string[], count: number): void {
  if (words.length !== count) {
    const usage = count === 0 ? `"${name}" stands alone` : `usage: ${name} OBJECT`;
    throw coreError(
      words.length < count ? 'ARGUMENT_MISSING' : 'ARGUMENT_SURPLUS',
      `${usage}; if a method called "${name}" is meant, write OBJECT.${name}`,
    );
  }
}
