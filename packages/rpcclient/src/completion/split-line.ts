import { coreError } from '@patchbay/objects';

/** A line taken apart up to its end, where somebody types. */
export interface SplitLine {
  /** The words that are whole. */
  readonly words: readonly string[];
  /** The word at the end of the line, as far as it is there; empty after a space. */
  readonly current: string;
  /** The same as it was typed, with its quotes and backslashes. */
  readonly typed: string;
  /** The quote that is open at the end. */
  readonly quote: '"' | "'" | '';
}

const space = /[ \t]/;

/**
 * Splits a line into words as a shell does: at spaces, but for those in quotes or behind a backslash. Nothing is
 * expanded. Between double quotes a backslash stands for itself unless a `"`, `$`, `` ` `` or `\` follows.
 */
export function splitLine(line: string): SplitLine {
  const words: string[] = [];
  let current: string | undefined;
  let quote: SplitLine['quote'] = '';
  let start = 0;
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === '' && space.test(character)) {
      if (current !== undefined) {
        words.push(current);
      }
      current = undefined;
      start = index + 1;
      continue;
    }
    current ??= '';
    const next = line.charAt(index + 1);
    if (character === '\\' && (quote === '' || (quote === '"' && /["$`\\]/.test(next)))) {
      current += next;
      index += 1;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
    } else if (character === quote) {
      quote = '';
    } else {
      current += character;
    }
  }
  return { words, current: current ?? '', typed: line.slice(start), quote };
}

/** Reads a whole line as words. @throws RpcError `ARGUMENT_INVALID` for a quote that is not closed */
export function wordsOfLine(line: string): readonly string[] {
  const { words, current, typed, quote } = splitLine(line);
  if (quote !== '') {
    throw coreError('ARGUMENT_INVALID', `the quote ${quote} is not closed`);
  }
  return typed === '' ? words : [...words, current];
}

/** Writes a word so that a shell, and `splitLine`, reads it as it is. */
export function escapeWord(word: string): string {
  return word.replace(/[^\p{L}\p{N}_./:=@%+,-]/gu, '\\$&');
}
