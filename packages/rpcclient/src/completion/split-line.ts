import { coreError } from '@patchbay/objects';

/** A line split up to its end, where the cursor is. */
export interface SplitLine {
  /** The complete tokens. */
  readonly tokens: readonly string[];
  /** The incomplete token at the end of the line; empty after a space. */
  readonly current: string;
  /** The same as it was typed, with its quotes and backslashes. */
  readonly typed: string;
  /** The quote that is open at the end. */
  readonly quote: '"' | "'" | '';
}

const space = /[ \t]/;

/**
 * Splits a line into tokens as a shell does: at spaces, except in quotes or after a backslash. Nothing is expanded.
 * Between double quotes a backslash is literal unless a `"`, `$`, `` ` `` or `\` follows.
 */
export function splitLine(line: string): SplitLine {
  const tokens: string[] = [];
  let current: string | undefined;
  let quote: SplitLine['quote'] = '';
  let start = 0;
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === '' && space.test(character)) {
      if (current !== undefined) {
        tokens.push(current);
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
  return { tokens, current: current ?? '', typed: line.slice(start), quote };
}

/** Splits a whole line into tokens. @throws RpcError `ARGUMENT_INVALID` for a quote that is not closed */
export function tokenize(line: string): readonly string[] {
  const { tokens, current, typed, quote } = splitLine(line);
  if (quote !== '') {
    throw coreError('ARGUMENT_INVALID', `the quote ${quote} is not closed`);
  }
  return typed === '' ? tokens : [...tokens, current];
}

/** Escapes a token so that a shell, and `splitLine`, reads it back unchanged. */
export function escapeToken(token: string): string {
  return token.replace(/[^\p{L}\p{N}_./:=@%+,-]/gu, '\\$&');
}
