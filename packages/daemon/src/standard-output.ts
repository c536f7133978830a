import type { Writable } from 'node:stream';

import type { ProcessEvents } from './signals.js';

/** Exits with status 0 when the reader of standard output leaves, as `head` does. Throws other failures to write. */
export function endOnClosedPipe(
  program: Pick<ProcessEvents, 'exit'> & { readonly stdout: Writable } = process,
): void {
  program.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    program.exit(0);
  });
}

/** Writes to standard output and waits until it is flushed, so that the process may exit. */
export function writeOut(text: string, stdout: Writable = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    // A failure is emitted as the stream's `error` too, which `endOnClosedPipe` handles.
    stdout.write(text, () => {
      resolve();
    });
  });
}
