import { escapeControls } from '@patchbay/terminal';

import { connect } from '../client.js';
import { type Candidate, type Completion, nothingKnown } from '../completion/candidate.js';
import { complete, readIncomplete } from '../completion/complete.js';
import { clientSources } from '../completion/sources.js';
import { escapeWord, type SplitLine, splitLine } from '../completion/split-line.js';
import { type Stage } from '../command/stage.js';
import { describeVerb, type Verb } from './verb.js';

/** How long somebody who pressed a key waits, in milliseconds. */
const patienceMs = 1_500;

/**
 * What the scripts of `completion` ask: given the line up to the cursor, it prints `word`, `stem` (no space follows) or
 * `files`, a tab, the whole word, a tab, and what it means. Whatever fails, it is quiet: there is nothing to complete.
 */
export const verb: Verb = {
  description: describeVerb('__complete', 'Answer the completion script of a shell'),
  prepare({ words: [shell = '', line = '', wordBreaks = ''] }, { defaultObject }, stage) {
    const split = splitLine(line);
    return async (out) => {
      const answer = answerWithin(split, defaultObject, stage).catch(() => nothingKnown);
      const tooLate = stage.clock.sleep(patienceMs, { background: true }).then(() => nothingKnown);
      const { candidates, anything } = await Promise.race([answer, tooLate]);
      const shown =
        shell === 'bash' ? candidates.flatMap((each) => forBash(each, split, wordBreaks)) : candidates;
      out.write(shown.map(lineOf).join('') + (anything ? 'files\n' : ''));
    };
  },
};

async function answerWithin(
  { words, current }: SplitLine,
  defaultObject: string,
  stage: Stage,
): Promise<Completion> {
  const [, ...others] = words; // the first is the command itself
  const { own } = readIncomplete(others, current).line;
  await using client = connect({ nameServer: stage.nameServerAt(own.get('name-server')), watch: false });
  return await complete({ words: others, current, defaultObject }, clientSources(client, patienceMs));
}

function lineOf({ value, note = '', open = false }: Candidate): string {
  return `${open ? 'stem' : 'word'}\t${value}\t${escapeControls(note)}\n`;
}

/**
 * Writes a word as bash puts it behind what is typed: without what stands before the last character that breaks words
 * there, and escaped, since it is read again. A `@` breaks words too, but begins the next one. Within quotes only a
 * word that needs no escapes is offered.
 */
function forBash(candidate: Candidate, { typed, quote }: SplitLine, wordBreaks: string): Candidate[] {
  const escaped = escapeWord(candidate.value);
  if (quote !== '' || /["']/.test(typed)) {
    return escaped === candidate.value ? [candidate] : [];
  }
  const last = typed.split('').findLastIndex((each) => wordBreaks.includes(each));
  const begin = typed.charAt(last) === '@' ? last : last + 1;
  return escaped.startsWith(typed) ? [{ ...candidate, value: escaped.slice(begin) }] : [];
}
