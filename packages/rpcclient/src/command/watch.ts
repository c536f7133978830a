import { formatDuration, PeriodicTask, type RpcError, toRpcError } from '@patchbay/objects';
import { failureText, type Format } from '@patchbay/terminal';

import type { CommandContext, Output } from './context.js';

const clearScreen = '\u001b[H\u001b[2J';

/**
 * Repeats a task, each time an interval after it ended, until the signal aborts, which is no error. On a terminal, tables
 * and YAML are redrawn in place; otherwise tables are separated by an empty line, YAML by `---`, and lines of JSON by
 * nothing. After the first success, a server that is unreachable or too slow is reported, and asked again.
 *
 * @throws RpcError of the task
 */
export async function watch(
  task: { readonly intervalMs: number; readonly format: Format; readonly once: Task },
  { out, errors, clock, signal }: Pick<CommandContext, 'out' | 'errors' | 'clock' | 'signal'>,
): Promise<void> {
  const { intervalMs, format, once } = task;
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
  const repetition = PeriodicTask.start({
    clock,
    signal,
    delayMs: intervalMs,
    run: async () => {
      const { text, error } = await capture(once, out);
      if (error !== undefined && !isTransient(error)) {
        throw error;
      }
      const line = error === undefined ? '' : failureText(error, format === 'json' || format === 'ndjson');
      if (redraws) {
        out.write(heading() + text + line);
      } else {
        out.write(separator(format) + text);
        errors.write(line);
      }
      await out.ready();
      return intervalMs;
    },
  });
  await repetition.ended;
}

type Task = (out: Output) => Promise<void>;

/** Runs a task and captures what it prints, so that the screen stays as it is until there is something new. */
async function capture(once: Task, { isTerminal, columns = 0 }: Output) {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  try {
    await once({ write, ready: () => Promise.resolve(), isTerminal, columns });
    return { text, error: undefined };
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
