import { type Stage } from '../command/stage.js';
import { complete } from '../completion/complete.js';
import { clientSources, type Sources } from '../completion/sources.js';
import { escapeWord, splitLine } from '../completion/split-line.js';
import { type LineRunner, replWords } from './line-runner.js';

/** How long somebody who pressed a key waits, in milliseconds. */
const patienceMs = 1_500;

/** Completes a line up to the cursor as `node:readline` wants it: words, and what they stand for of the line. */
export type Completer = (
  line: string,
  callback: (error: null, found: [words: string[], typed: string]) => void,
) => void;

/** Makes what completes the lines of a prompt; whatever fails, there is nothing to complete. */
export function makeCompleter(
  runner: Pick<LineRunner, 'object'>,
  { client, clock }: Pick<Stage, 'client' | 'clock'>,
): Completer {
  const sources = clientSources(client, patienceMs);
  return (line, callback) => {
    const tooLate = clock.sleep(patienceMs, { background: true }).then((): string[] => []);
    const found = wordsFor(line, runner.object, sources).catch((): string[] => []);
    void Promise.race([found, tooLate]).then((words) => {
      callback(null, [words, splitLine(line).typed]);
    });
  };
}

async function wordsFor(line: string, defaultObject: string, sources: Sources): Promise<string[]> {
  const { words, current, typed } = splitLine(line);
  const [first, ...others] = words;
  // `use` takes what --object takes, and `help` a method.
  const asked = first === 'use' ? ['--object', ...others] : first === 'help' ? others : words;
  const { candidates } = await complete(
    { words: asked, current, defaultObject, others: first === undefined ? replWords : [] },
    sources,
  );
  return candidates
    .map(({ value, open = false }) => escapeWord(value) + (open ? '' : ' '))
    .filter((word) => word.startsWith(typed));
}
