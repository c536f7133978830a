import { createInterface } from 'node:readline';

import { coreError } from '@patchbay/objects';

import { type Stage } from '../command/stage.js';
import { History, historyFile } from '../repl/history.js';
import { LineRunner } from '../repl/line-runner.js';
import { runPrompt } from '../repl/prompt.js';
import { describeVerb, readVerbWords, type Verb } from './verb.js';

/** `rpcclient repl`: many command lines on one client, from a prompt or from standard input. */
export const verb: Verb = {
  description: describeVerb('repl', 'Run a command line for every line of a prompt, or of standard input'),
  prepare(line, { defaultObject }, stage) {
    readVerbWords(verb, line, ['format', 'json', 'watch', 'timeout']);
    const runner = new LineRunner(defaultObject, stage);
    return async () => {
      const { input, out, environment } = stage;
      if (input.isTTY !== true || !out.isTerminal) {
        await runLines(runner, stage);
        return;
      }
      const history = await openHistory(historyFile(environment), stage);
      await runPrompt(runner, stage, history);
    };
  },
};

/** Runs the lines of standard input, up to the first that fails. @throws RpcError what that one throws */
async function runLines(runner: LineRunner, { input, signal }: Stage): Promise<void> {
  const lines = createInterface({ input, signal });
  for await (const line of lines) {
    await runner.run(line, signal);
    if (runner.ended) {
      return;
    }
  }
  if (signal.aborted) {
    throw coreError('CALL_CANCELLED', 'the lines were not run to their end');
  }
}

/** A prompt without a memory is better than none. */
async function openHistory(path: string, { errors }: Pick<Stage, 'errors'>): Promise<History | undefined> {
  try {
    return await History.open(path);
  } catch (error) {
    errors.write(`the history cannot be kept: ${(error as Error).message}\n`);
    return undefined;
  }
}
