import { readFile } from 'node:fs/promises';

interface LogLine {
  readonly error?: { readonly name?: string; readonly reason?: string };
}

/** Follows logs, and finds what no accident explains: failures that the daemons did not expect, and output of crashes. */
export class DaemonLogs {
  readonly #paths: readonly string[];
  readonly #readLines = new Map<string, number>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Returns the lines since the last time that no accident explains. */
  async unexplained(): Promise<string[]> {
    const found: string[] = [];
    for (const path of this.#paths) {
      const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
      const from = this.#readLines.get(path) ?? 0;
      this.#readLines.set(path, lines.length);
      found.push(...lines.slice(from).filter(isUnexplained));
    }
    return found.map((line) => `logged: ${line}`);
  }
}

/** Reports whether a line is no JSON, or is about an error that is none of the tables'. */
export function isUnexplained(line: string): boolean {
  try {
    const { error } = JSON.parse(line) as LogLine;
    return error !== undefined && (error.name !== 'RpcError' || error.reason === 'UNEXPECTED');
  } catch {
    return true;
  }
}
