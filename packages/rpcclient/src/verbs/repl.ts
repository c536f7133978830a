import { createInterface } from 'node:readline';

import { coreError, systemErrorText } from '@patchbay/objects';

import type { CommandContext } from '../command/context.js';
import { History, historyFile } from '../repl/history.js';
import { LineRunner } from '../repl/line-runner.js';
import { runPrompt } from '../repl/prompt.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient repl`: runs many command lines on one client, from a prompt or from standard input. */
export const prepare: PrepareVerb = (line, { defaultObject }, context) => {
  readVerbArgs('repl', line, ['format', 'json', 'watch', 'timeout']);
  const runner = new LineRunner(defaultObject, context);
  return async () => {
    const { input, out, errors, environment } = context;
    if (input.isTTY !== true || !out.isTerminal) {
      await runLines(runner, context);
      return;
    }
    // A prompt without a history is better than none.
    const history = await History.open(historyFile(environment)).catch((error: unknown) => {
      errors.write(`cannot keep the history: ${systemErrorText(error)}\n`);
      return undefined;
    });
    await runPrompt(runner, context, history);
  };
};

/** Runs the lines of standard input, up to the first that fails. @throws RpcError of that line */
async function runLines(runner: LineRunner, { input, signal }: CommandContext): Promise<void> {
  const lines = createInterface({ input, signal });
  for await (const line of lines) {
    await runner.run(line, signal);
    if (runner.ended) {
      return;
    }
  }
  if (signal.aborted) {
    throw coreError('CALL_CANCELLED', 'cancelled before all lines were run');
  }
}
