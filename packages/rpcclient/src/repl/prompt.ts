import { createInterface, type Interface } from 'node:readline';

import { systemErrorText } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import type { CommandContext } from '../command/context.js';
import { makeCompleter } from './completer.js';
import { type History, maxHistoryLines } from './history.js';
import type { LineRunner } from './line-runner.js';

/** Prompts for lines on a terminal and runs each, until Ctrl-D or `exit`. A line that fails does not end the prompt. */
export async function runPrompt(
  runner: LineRunner,
  context: CommandContext,
  history: History | undefined,
): Promise<void> {
  const { input, output, errors, signal } = context;
  const lines = createInterface({
    input,
    output,
    terminal: true,
    history: [...(history?.lines ?? [])].reverse(),
    historySize: maxHistoryLines,
    removeHistoryDuplicates: true,
    signal,
    completer: makeCompleter(runner, context),
  });
  let running: AbortController | undefined;
  const cancel = (): void => {
    running?.abort();
  };
  signal.addEventListener('abort', cancel);
  lines.on('SIGINT', () => {
    if (running === undefined) {
      output.write('^C\n');
      dropLine(lines);
    } else {
      cancel();
    }
  });
  try {
    const prompt = (): void => {
      lines.setPrompt(`${runner.object}> `);
      lines.prompt();
    };
    prompt();
    for await (const line of lines) {
      await history?.add(line).catch((error: unknown) => {
        errors.write(`cannot keep the history: ${systemErrorText(error)}\n`);
        history = undefined; // so that the failure is reported once
      });
      running = new AbortController();
      try {
        await runner.run(line, running.signal);
      } catch (error) {
        errors.write(`${errorLine(error)}\n`);
      } finally {
        running = undefined;
      }
      if (runner.ended || signal.aborted) {
        return;
      }
      prompt();
    }
    output.write('\n'); // Ctrl-D leaves the cursor after the prompt
  } finally {
    signal.removeEventListener('abort', cancel);
    lines.close();
  }
}

/** Discards what was typed, as a shell does on Ctrl-C. */
function dropLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
  lines.prompt();
}
