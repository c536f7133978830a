import { quoted } from '@patchbay/objects';

import { jobsError } from '../errors.js';

/** How long a selector is at most, in characters. */
export const maxSelectorLength = 4096;
/** How many terms a selector has at most. */
const maxTerms = 64;

/** One condition of a selector. */
export type Term =
  /** A name of a host, a glob of names, or a label that a host has, whatever its value; or not. */
  | { readonly type: 'word'; readonly word: string; readonly isNegated: boolean; readonly position: number }
  /** A label, `group` or `name` that is one of some values, or none of them. */
  | {
      readonly type: 'values';
      readonly key: string;
      readonly values: readonly string[];
      readonly isNegated: boolean;
      readonly position: number;
    };

const word = /[^\s,=!()"]+/y;
const quotedText = /"(?:[^"\\]|\\.)*"/y;
const space = /\s*/y;

/**
 * Parses a selector of hosts: terms with commas between them, all of which have to hold. A term is a name, a glob of
 * names, a label, `!` and one of these, `KEY=VALUE`, `KEY!=VALUE`, `KEY in (VALUE,...)` or `KEY notin (VALUE,...)`,
 * where KEY is a label, `group` or `name`. Values with commas, spaces or brackets are quoted as in JSON.
 *
 * @throws RpcError `SELECTOR_INVALID`
 */
export function parseSelector(selector: string): readonly Term[] {
  if (selector.length > maxSelectorLength) {
    throw invalid(selector, maxSelectorLength, `is longer than ${String(maxSelectorLength)} characters`);
  }
  return new Parser(selector).terms();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  terms(): readonly Term[] {
    const terms: Term[] = [];
    do {
      if (terms.length === maxTerms) {
        throw invalid(this.#text, this.#at, `has more than ${String(maxTerms)} terms`);
      }
      terms.push(this.#term());
    } while (this.#take(','));
    if (this.#at < this.#text.length) {
      throw this.#unexpected('"," or the end');
    }
    return terms;
  }

  #term(): Term {
    this.#match(space);
    const position = this.#at;
    if (this.#take('!')) {
      return { type: 'word', word: this.#word('a name or a label after "!"'), isNegated: true, position };
    }
    const key = this.#word('a name, a label, or "!"');
    if (this.#take('!=')) {
      return { type: 'values', key, values: [this.#value()], isNegated: true, position };
    }
    if (this.#take('=')) {
      this.#take('='); // as in "role == db"
      return { type: 'values', key, values: [this.#value()], isNegated: false, position };
    }
    const operator = this.#match(word);
    if (operator === undefined) {
      return { type: 'word', word: key, isNegated: false, position };
    }
    if (operator !== 'in' && operator !== 'notin') {
      this.#at -= operator.length;
      throw this.#unexpected('",", "=", "!=", "in (" or "notin ("');
    }
    return { type: 'values', key, values: this.#values(), isNegated: operator === 'notin', position };
  }

  #values(): readonly string[] {
    if (!this.#take('(')) {
      throw this.#unexpected('"("');
    }
    const values: string[] = [];
    do {
      values.push(this.#value());
    } while (this.#take(','));
    if (!this.#take(')')) {
      throw this.#unexpected('"," or ")"');
    }
    return values;
  }

  #value(): string {
    this.#match(space);
    const text = this.#match(quotedText);
    if (text === undefined) {
      return this.#word('a value');
    }
    try {
      return JSON.parse(text) as string;
    } catch {
      this.#at -= text.length;
      throw this.#unexpected('a value that is quoted as in JSON');
    }
  }

  #word(what: string): string {
    this.#match(space);
    const text = this.#match(word);
    if (text === undefined) {
      throw this.#unexpected(what);
    }
    this.#match(space);
    return text;
  }

  /** Takes a sign, and the space around it. */
  #take(sign: string): boolean {
    this.#match(space);
    if (!this.#text.startsWith(sign, this.#at)) {
      return false;
    }
    this.#at += sign.length;
    this.#match(space);
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0];
    this.#at += text?.length ?? 0;
    return text;
  }

  #unexpected(wanted: string): Error {
    const found =
      this.#at < this.#text.length ? quoted(this.#text.slice(this.#at, this.#at + 20)) : 'its end';
    return invalid(this.#text, this.#at, `has ${found} where ${wanted} was expected`);
  }
}

/** @param at how many characters before the one that is wrong */
function invalid(selector: string, at: number, trouble: string): Error {
  const position = at + 1;
  const message = `the selector ${quoted(selector)} ${trouble}, at character ${String(position)}; write it as in 'group=linux,role in (web,api),!gpu'`;
  return jobsError('SELECTOR_INVALID', message, { details: { path: 'on', position } });
}
