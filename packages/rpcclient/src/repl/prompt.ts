import { createInterface, type Interface } from 'node:readline';

import { errorLine } from '@patchbay/terminal';

import { type Stage } from '../command/stage.js';
import { makeCompleter } from './completer.js';
import { type History, longestHistory } from './history.js';
import { type LineRunner } from './line-runner.js';

/** Asks for lines on a terminal and runs each, until Ctrl-D or `exit`. A line that fails does not end it. */
export async function runPrompt(
  runner: LineRunner,
  stage: Stage,
  history: History | undefined,
): Promise<void> {
  const { input, output, errors, signal } = stage;
  const lines = createInterface({
    input,
    output,
    terminal: true,
    history: [...(history?.lines ?? [])].reverse(),
    historySize: longestHistory,
    removeHistoryDuplicates: true,
    signal,
    completer: makeCompleter(runner, stage),
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
    let memory = history;
    ask(lines, runner);
    for await (const line of lines) {
      memory = await remembered(line, memory, stage);
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
      ask(lines, runner);
    }
    output.write('\n'); // Ctrl-D leaves the cursor behind the prompt
  } finally {
    signal.removeEventListener('abort', cancel);
    lines.close();
  }
}

function ask(lines: Interface, { object }: LineRunner): void {
  lines.setPrompt(`${object}> `);
  lines.prompt();
}

/** Lets go of what was typed, as a shell does on Ctrl-C. */
function dropLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
  lines.prompt();
}

/** Adds a line to the history. Where it cannot be kept any more, that is told once, and the prompt goes on without. */
async function remembered(
  line: string,
  history: History | undefined,
  { errors }: Pick<Stage, 'errors'>,
): Promise<History | undefined> {
  try {
    await history?.add(line);
    return history;
  } catch (error) {
    errors.write(`the history cannot be kept: ${(error as Error).message}\n`);
    return undefined;
  }
}
