import type { Writable } from 'node:stream';

/**
 * A destination of log lines. Its failures must neither end nor block the program that logs: `write` never throws, it
 * drops the line and counts it.
 */
export interface LogDestination {
  /** Writes a line, including its line break. */
  write(line: string): void;
  /** Reopens the file at its path, if the destination is a file. Never throws. */
  reopen?(): void;
  /** What was dropped since the start; undefined if nothing was. */
  readonly lost: LostLines | undefined;
}

/** Lines that a destination dropped. */
export interface LostLines {
  readonly lines: number;
  /** Why the last one was dropped. */
  readonly error: unknown;
}

/** How much may be buffered for a slow reader of a stream before lines are dropped: 1 MiB. */
const maxWaitingBytes = 1024 * 1024;

/** Creates a destination that writes to a stream, usually `process.stderr`. */
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

/** Counts the lines that a destination drops. */
export class LossCounter {
  lost: LostLines | undefined;

  add(error: unknown): void {
    this.lost = { lines: (this.lost?.lines ?? 0) + 1, error };
  }
}
