import { type Writable } from 'node:stream';

/**
 * Where log lines go. A destination that fails must not end or hold up the program that logs: `write` never
 * throws, it drops the line and counts it.
 */
export interface LogDestination {
  /** Writes a line, its end included. */
  write(line: string): void;
  /** Opens the file anew at its path, where there is one. Never throws. */
  reopen?(): void;
  /** What has been dropped since the start; undefined as long as nothing was. */
  readonly lost: LostLines | undefined;
}

export interface LostLines {
  readonly lines: number;
  /** Why the last one was. */
  readonly error: unknown;
}

/** How much may wait for a slow reader of a stream before lines are dropped: 1 MiB. */
const maxWaitingBytes = 1024 * 1024;

/** Writes to a stream, as a rule `process.stderr`. */
export function streamDestination(stream: Writable): LogDestination {
  const losses = new LossCounter();
  stream.on('error', (error) => {
    losses.add(error);
  });
  return {
    write: (line) => {
      if (stream.destroyed || stream.writableLength > maxWaitingBytes) {
        losses.add(stream.errored ?? new Error('the reader of the log is too slow or gone'));
      } else {
        stream.write(line);
      }
    },
    get lost() {
      return losses.lost;
    },
  };
}

/** Counts what a destination drops. */
export class LossCounter {
  lost: LostLines | undefined;

  add(error: unknown): void {
    this.lost = { lines: (this.lost?.lines ?? 0) + 1, error };
  }
}
