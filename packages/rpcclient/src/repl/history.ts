import { open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

import { makeDirectory } from '@patchbay/objects';

/** How many lines a prompt remembers. */
export const maxHistoryLines = 1_000;

/** Returns the path of the prompt's history: in the user's state directory, which `XDG_STATE_HOME` may move. */
export function historyFile(
  { XDG_STATE_HOME: stateHome }: Readonly<Record<string, string | undefined>>,
  home = homedir(),
): string {
  const isUsable = stateHome !== undefined && isAbsolute(stateHome);
  return join(isUsable ? stateHome : join(home, '.local', 'state'), 'patchbay', 'rpcclient-history');
}

/** The lines typed at the prompt, in a file that only its owner can read: they may hold secrets. */
export class History {
  readonly #path: string;
  /** The lines of earlier prompts, the oldest first. */
  readonly lines: readonly string[];

  private constructor(path: string, lines: readonly string[]) {
    this.#path = path;
    this.lines = lines;
  }

  /** Opens the history, creating it if needed. A file that has grown long is truncated. @throws Error of the file system */
  static async open(path: string): Promise<History> {
    makeDirectory(dirname(path), 0o700);
    const all = (await readIfThere(path)).split('\n').filter((line) => line !== '');
    const lines = all.slice(-maxHistoryLines);
    if (all.length > 2 * maxHistoryLines) {
      const temporary = `${path}.${String(process.pid)}`;
      await rm(temporary, { force: true });
      await append(temporary, lines.map((line) => `${line}\n`).join(''));
      await rename(temporary, path);
    }
    return new History(path, lines);
  }

  /** Appends a line unless it is empty; lines that other prompts add meanwhile are kept. @throws Error of the file system */
  async add(line: string): Promise<void> {
    if (line.trim() !== '') {
      await append(this.#path, `${line}\n`);
    }
  }
}

async function append(path: string, text: string): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  await file.chmod(0o600); // an existing file may allow more
  await file.appendFile(text);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return '';
    }
    throw error;
  }
}
