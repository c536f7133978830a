import type { Writable } from 'node:stream';

import { exitStatusOf } from '@patchbay/objects';
import { asksForJson, failureText, outputError } from '@patchbay/terminal';

/** The part of `process` that a command writes to. */
interface OutputProcess {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly exitCode?: NodeJS.Process['exitCode'];
  exit(status: number): void;
}

/**
 * Exits when standard output cannot be written: quietly if its reader left, as `head` does, with the status that was
 * decided before, else 0; otherwise with an error (a full disk, say). Standard error that cannot be written is ignored.
 */
export function endOnFailedOutput(argv: readonly string[], program: OutputProcess = process): void {
  program.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      program.exit(Number(program.exitCode ?? 0));
      return;
    }
    const failure = outputError('standard output', error);
    program.stderr.write(failureText(failure, asksForJson(argv)));
    program.exit(exitStatusOf(failure));
  });
  program.stderr.on('error', () => undefined);
}

/** Writes to standard output and waits until it is flushed, so that the process may exit. */
export function writeOut(text: string, stdout: Writable = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    // A failure is emitted as the stream's `error` too, which `endOnFailedOutput` handles.
    stdout.write(text, () => {
      resolve();
    });
  });
}
