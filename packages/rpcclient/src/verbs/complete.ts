import { escapeControls } from '@patchbay/terminal';

import { connect } from '../client.js';
import { insecureIn } from '../command/command-line.js';
import type { CommandContext } from '../command/context.js';
import { type Candidate, type Completion, noCandidates } from '../completion/candidate.js';
import { complete, readIncomplete } from '../completion/complete.js';
import { clientSources } from '../completion/sources.js';
import { escapeToken, type SplitLine, splitLine } from '../completion/split-line.js';
import type { PrepareVerb } from './verb.js';

/**
 * Answers the scripts of `completion`: given the line up to the cursor, prints `word`, `stem` (no space follows) or
 * `files`, a tab, the whole word, a tab, and what it means. What cannot be learnt in time is left out; on any other
 * failure it prints nothing: there is nothing to complete.
 */
export const prepare: PrepareVerb = ({ args }, { defaultObject }, context) => {
  const [shell = '', line = '', wordBreaks = ''] = args;
  const split = splitLine(line);
  return async (out) => {
    const { candidates, anything } = await find(split, defaultObject, context).catch(() => noCandidates);
    const forShell = (each: Candidate): Candidate[] =>
      shell === 'bash' ? forBash(each, split, wordBreaks) : [each];
    out.write(candidates.flatMap(forShell).map(lineOf).join('') + (anything ? 'files\n' : ''));
  };
};

async function find(
  { tokens, current }: SplitLine,
  defaultObject: string,
  context: CommandContext,
): Promise<Completion> {
  const [, ...argv] = tokens; // the first is the command itself
  const { line } = readIncomplete(argv, current);
  const nameServer = context.nameServerAt(line.options.get('name-server'));
  await using client = connect({ nameServer, insecure: insecureIn(line), watch: false });
  return await complete({ argv, current, defaultObject }, clientSources(client, context.clock));
}

function lineOf({ value, note = '', open = false }: Candidate): string {
  return `${open ? 'stem' : 'word'}\t${value}\t${escapeControls(note)}\n`;
}

/**
 * Writes a word as bash inserts it after what is typed: without what precedes the last character that breaks words
 * there, and escaped, since it is read again. A `@` breaks words too, but begins the next one. Within quotes only a
 * word that needs no escapes is offered.
 */
function forBash(candidate: Candidate, { typed, quote }: SplitLine, wordBreaks: string): Candidate[] {
  const escaped = escapeToken(candidate.value);
  if (quote !== '' || /["']/.test(typed)) {
    return escaped === candidate.value ? [candidate] : [];
  }
  const last = typed.split('').findLastIndex((each) => wordBreaks.includes(each));
  const begin = typed.charAt(last) === '@' ? last : last + 1;
  return escaped.startsWith(typed) ? [{ ...candidate, value: escaped.slice(begin) }] : [];
}
