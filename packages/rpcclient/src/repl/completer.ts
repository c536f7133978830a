import type { CommandContext } from '../command/context.js';
import { complete } from '../completion/complete.js';
import { clientSources, type Sources } from '../completion/sources.js';
import { escapeToken, splitLine } from '../completion/split-line.js';
import { type LineRunner, replCommands } from './line-runner.js';

/** Completes a line up to the cursor as `node:readline` asks: the candidates, and the text that they replace. */
export type Completer = (
  line: string,
  callback: (error: null, found: [candidates: string[], typed: string]) => void,
) => void;

/** Returns the completer of a prompt. On any failure it finds no candidates. */
export function makeCompleter(
  runner: Pick<LineRunner, 'object'>,
  { client, clock }: Pick<CommandContext, 'client' | 'clock'>,
): Completer {
  return (line, callback) => {
    const sources = clientSources(client, clock);
    const found = candidatesFor(line, runner.object, sources).catch((): string[] => []);
    void found.then((candidates) => {
      callback(null, [candidates, splitLine(line).typed]);
    });
  };
}

async function candidatesFor(line: string, defaultObject: string, sources: Sources): Promise<string[]> {
  const { tokens, current, typed } = splitLine(line);
  const [first, ...others] = tokens;
  const argv = first === 'use' ? ['--object', ...others] : tokens; // it takes what --object takes
  const { candidates } = await complete(
    { argv, current, defaultObject, others: first === undefined ? replCommands : [] },
    sources,
  );
  return candidates
    .map(({ value, open = false }) => escapeToken(value) + (open ? '' : ' '))
    .filter((token) => token.startsWith(typed));
}
