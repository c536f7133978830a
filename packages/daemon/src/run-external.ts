import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

import { coreError } from '@patchbay/objects';

/** The signals that the program is sent when this process gets them. */
const passedOn = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
/** Those that a terminal sends to everything in its foreground, and so to the program too. */
const ofTerminals: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Runs a program with an array of arguments and this process's own input and output, passes signals on to it, and
 * gives its exit status: that of a shell, 128 and the signal's number, where a signal ended it.
 * @throws RpcError `COMMAND_UNUSABLE`
 */
export async function runExternal(file: string, args: readonly string[]): Promise<number> {
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let child: ChildProcess | undefined;
  const pass = (signal: NodeJS.Signals): void => {
    // Told twice, a daemon would end at once instead of finishing what it does.
    if (!(onTerminal && ofTerminals.has(signal))) {
      child?.kill(signal);
    }
  };
  // Before it starts, so that no signal ends this process alone.
  for (const signal of passedOn) {
    process.on(signal, pass);
  }
  try {
    child = spawn(file, args, { stdio: 'inherit' });
    const [status, signal] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals];
    return signal === null ? status : 128 + constants.signals[signal];
  } catch (error) {
    throw coreError('COMMAND_UNUSABLE', `${file} cannot be started: ${(error as Error).message}`, {
      details: { path: file },
      cause: error,
    });
  } finally {
    for (const signal of passedOn) {
      process.off(signal, pass);
    }
  }
}
