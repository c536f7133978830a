import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

import { coreError, systemErrorText } from '@patchbay/objects';

/** The signals that are forwarded to the program. */
const forwarded = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
/** Those that a terminal sends to its whole foreground process group, and so to the program too. */
const terminalSignals: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Runs a program with this process's own input and output, forwards signals to it, and returns its exit status; as in a
 * shell, 128 plus the signal's number if a signal ended it. @throws RpcError `COMMAND_UNUSABLE`
 */
export async function runExternal(file: string, args: readonly string[]): Promise<number> {
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    // On a second signal a daemon would exit at once instead of finishing its work.
    if (!(onTerminal && terminalSignals.has(signal))) {
      child?.kill(signal);
    }
  };
  // Before the program starts, so that no signal ends this process alone.
  for (const signal of forwarded) {
    process.on(signal, forward);
  }
  try {
    child = spawn(file, args, { stdio: 'inherit' });
    const [status, signal] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals];
    return signal === null ? status : 128 + constants.signals[signal];
  } catch (error) {
    const message = `${file} cannot be started: ${systemErrorText(error)}`;
    throw coreError('COMMAND_UNUSABLE', message, { details: { path: file }, cause: error });
  } finally {
    for (const signal of forwarded) {
      process.off(signal, forward);
    }
  }
}
