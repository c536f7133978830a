import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** How many lines a prompt remembers. */
export const longestHistory = 1_000;

/** Gives where the prompt's history is kept: in the user's state directory, which `XDG_STATE_HOME` may move. */
export function historyFile(
  { XDG_STATE_HOME: stateHome }: Readonly<Record<string, string | undefined>>,
  home = homedir(),
): string {
  const isUsable = stateHome !== undefined && isAbsolute(stateHome);
  return join(isUsable ? stateHome : join(home, '.local', 'state'), 'patchbay', 'rpcclient-history');
}

/** The lines that were typed at the prompt, in a file that nobody else can read: they may hold secrets. */
export class History {
  readonly #path: string;
  /** What was there at the start, the oldest line first. */
  readonly lines: readonly string[];

  private constructor(path: string, lines: readonly string[]) {
    this.#path = path;
    this.lines = lines;
  }

  /** Opens the history, or begins one. A file that has become long is cut. @throws what the file system refuses */
  static async open(path: string): Promise<History> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const all = (await readIfThere(path)).split('\n').filter((line) => line !== '');
    const lines = all.slice(-longestHistory);
    const history = new History(path, lines);
    if (all.length > 2 * longestHistory) {
      await history.#replace(lines);
    }
    return history;
  }

  /** Adds a line that is not empty at the end, whatever other prompts have added in the meantime. @throws what the file system refuses */
  async add(line: string): Promise<void> {
    if (line.trim() === '') {
      return;
    }
    await append(this.#path, `${line}\n`);
  }

  async #replace(lines: readonly string[]): Promise<void> {
    const draft = `${this.#path}.${String(process.pid)}`;
    await rm(draft, { force: true });
    await append(draft, lines.map((line) => `${line}\n`).join(''));
    await rename(draft, this.#path);
  }
}

async function append(path: string, text: string): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  await file.chmod(0o600); // it may have been there with more
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
