import { type Clock, formatDuration, PeriodicTask, type RpcError, toRpcError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import { type Format } from './format.js';
import { type Output, type Stage } from './stage.js';

/** What is watched, and how. */
export interface Watched {
  readonly intervalMs: number;
  readonly format: Format;
  /** Does it once, and prints what comes of it. */
  readonly once: (out: Output) => Promise<void>;
}

const clearScreen = '\u001b[H\u001b[2J';

/**
 * Does a thing again and again, each time an interval after it was done, until the signal aborts, which is no error.
 * On a terminal what is for people is drawn over what was there before; otherwise it is separated by an empty line,
 * YAML by its own mark, and lines of JSON by nothing. Once it has worked, a server that cannot be reached, or is too
 * slow, does not end it.
 *
 * @throws RpcError what the thing throws
 */
export async function watch({ intervalMs, format, once }: Watched, stage: WatchStage): Promise<void> {
  const { out, clock, signal } = stage;
  const redraws = out.isTerminal && (format === 'table' || format === 'yaml');
  const heading = (): string => {
    const at = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    return `${clearScreen}Every ${formatDuration(intervalMs)}, last at ${at}; Ctrl-C ends it.\n\n`;
  };
  // Printed as it comes: the first may be one that has no end.
  out.write(redraws ? heading() : '');
  try {
    await once(out);
  } catch (error) {
    if (signal.aborted) {
      return;
    }
    throw error;
  }
  const task = PeriodicTask.start({
    clock,
    signal,
    delayMs: intervalMs,
    run: async () => {
      const { text, error } = await kept(once, out);
      if (error !== undefined && !mayPass(error)) {
        throw error;
      }
      const line = error === undefined ? '' : `${errorLine(error)}\n`;
      if (redraws) {
        out.write(heading() + text + line);
      } else {
        out.write(separator(format) + text);
        stage.errors.write(line);
      }
      await out.ready();
      return intervalMs;
    },
  });
  await task.ended;
}

/** What watching needs of a stage. */
export type WatchStage = Pick<Stage, 'out' | 'errors' | 'signal'> & { readonly clock: Clock };

/** Does a thing and keeps what it prints, so that what stands on the screen stays until there is something new. */
async function kept(
  once: Watched['once'],
  out: Output,
): Promise<{ readonly text: string; readonly error?: RpcError }> {
  let text = '';
  const keep: Output = {
    write: (more) => {
      text += more;
    },
    ready: () => Promise.resolve(),
    isTerminal: out.isTerminal,
    columns: out.columns ?? 0,
  };
  try {
    await once(keep);
    return { text };
  } catch (error) {
    return { text, error: toRpcError(error) };
  }
}

function mayPass({ code }: RpcError): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

function separator(format: Format): string {
  return format === 'table' ? '\n' : format === 'yaml' ? '---\n' : '';
}
