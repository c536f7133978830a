import { type Clock, formatDuration, PeriodicTask, type RpcError, toRpcError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import type { Format } from './format.js';
import type { CommandContext, Output } from './context.js';

/** What is repeated, and how. */
export interface Watched {
  readonly intervalMs: number;
  readonly format: Format;
  /** Runs it once, and prints the result. */
  readonly once: (out: Output) => Promise<void>;
}

const clearScreen = '\u001b[H\u001b[2J';

/**
 * Repeats a task, each time an interval after it ended, until the signal aborts, which is no error. On a terminal, tables
 * and YAML are redrawn in place; otherwise tables are separated by an empty line, YAML by `---`, and lines of JSON by
 * nothing. After the first success, a server that is unreachable or too slow is reported, and asked again.
 *
 * @throws RpcError of the task
 */
export async function watch({ intervalMs, format, once }: Watched, context: WatchContext): Promise<void> {
  const { out, clock, signal } = context;
  const redraws = out.isTerminal && (format === 'table' || format === 'yaml');
  const heading = (): string => {
    const at = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    return `${clearScreen}Every ${formatDuration(intervalMs)}, last at ${at}; Ctrl-C ends it.\n\n`;
  };
  // Printed as it comes: the first run may never end.
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
      const { text, error } = await capture(once, out);
      if (error !== undefined && !isTransient(error)) {
        throw error;
      }
      const line = error === undefined ? '' : `${errorLine(error)}\n`;
      if (redraws) {
        out.write(heading() + text + line);
      } else {
        out.write(separator(format) + text);
        context.errors.write(line);
      }
      await out.ready();
      return intervalMs;
    },
  });
  await task.ended;
}

/** What `watch` needs of a command's context. */
export type WatchContext = Pick<CommandContext, 'out' | 'errors' | 'signal'> & { readonly clock: Clock };

/** Runs a task and captures what it prints, so that the screen stays as it is until there is something new. */
async function capture(
  once: Watched['once'],
  out: Output,
): Promise<{ readonly text: string; readonly error?: RpcError }> {
  let text = '';
  const sink: Output = {
    write: (more) => {
      text += more;
    },
    ready: () => Promise.resolve(),
    isTerminal: out.isTerminal,
    columns: out.columns ?? 0,
  };
  try {
    await once(sink);
    return { text };
  } catch (error) {
    return { text, error: toRpcError(error) };
  }
}

function isTransient({ code }: RpcError): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

function separator(format: Format): string {
  return format === 'table' ? '\n' : format === 'yaml' ? '---\n' : '';
}
