import { RE2JS, RE2JSException } from 're2js';

import { compileGlob, quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';

/** How long a pattern may be, in characters. */
const maxLength = 512;

/** A pattern that whole names are matched against. */
export interface Pattern {
  /** The prefix of every name that matches. */
  readonly prefix: string;
  matches(name: string): boolean;
}

/** Reads a glob, as `compileGlob` has it. @throws RpcError `PATTERN_INVALID` for what no name is like */
export function globPattern(glob: string): Pattern {
  checkLength('glob', glob);
  if (!/^[A-Za-z0-9_./*?-]+$/.test(glob)) {
    throw invalid(
      'glob',
      glob,
      'give letters, digits, "_", "-", "." and "/", with *, ** or ? for what may differ',
    );
  }
  return compileGlob(glob);
}

/**
 * Reads a regular expression in RE2's syntax, which a match takes time for in proportion to the name's length, so that
 * no pattern of a caller hangs the name server. @throws RpcError `PATTERN_INVALID`
 */
export function regexPattern(regex: string): Pattern {
  checkLength('regular expression', regex);
  try {
    const compiled = RE2JS.compile(regex);
    return { prefix: '', matches: (name) => compiled.testExact(name) };
  } catch (error) {
    if (error instanceof RE2JSException) {
      const why = error.message.replace(/^error parsing regexp: /, '');
      throw invalid(
        'regular expression',
        regex,
        `${why}; the syntax is RE2's, without look-around and back-references`,
      );
    }
    throw error;
  }
}

function checkLength(kind: string, text: string): void {
  if (text === '' || text.length > maxLength) {
    throw invalid(kind, text, `give 1 to ${String(maxLength)} characters`);
  }
}

function invalid(kind: string, text: string, why: string): Error {
  return nameServerError('PATTERN_INVALID', `${kind} ${quoted(text)}: ${why}`, {
    details: { pattern: text },
  });
}
