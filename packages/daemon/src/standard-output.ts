import { type Writable } from 'node:stream';

import { type ProcessEvents } from './signals.js';

/**
 * Ends the process quietly, with status 0, when the reader of its output leaves, as `head` does: what it wanted it
 * has. Any other failure to write is thrown.
 */
export function endOnClosedPipe(
  printer: Pick<ProcessEvents, 'exit'> & { readonly stdout: Writable } = process,
): void {
  printer.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    printer.exit(0);
  });
}

/** Writes to standard output and waits until it is written, so that the process may be ended. */
export function writeOut(text: string, stdout: Writable = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    // A failure is the stream's `error` too, where `endOnClosedPipe` decides about it.
    stdout.write(text, () => {
      resolve();
    });
  });
}
