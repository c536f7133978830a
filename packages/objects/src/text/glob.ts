/** A compiled glob. */
export interface Glob {
  /** The common prefix of all texts that match. */
  readonly prefix: string;
  /** Reports whether a text matches as a whole. */
  matches(text: string): boolean;
}

/**
 * Compiles a glob: `*` matches any characters except `/`, `?` any one of these, `**` any characters including `/`, and
 * all other characters themselves. Matching takes time in proportion to the lengths of glob and text multiplied, at
 * worst, so that a caller's glob cannot hang a server.
 */
export function compileGlob(glob: string): Glob {
  const [prefix = ''] = glob.split(/[*?]/, 1);
  const tokens = glob.slice(prefix.length).match(/\*+|[^*]/gsu) ?? [];
  return {
    prefix,
    matches: (text) => text.startsWith(prefix) && matchesTokens(tokens, text.slice(prefix.length)),
  };
}

/**
 * Goes through tokens and text side by side. Where a text does not fit, only the last star takes one more character:
 * what an earlier one would take instead, a later one of the same kind can take as well. Of a star that may not take
 * a `/` it is the last `**` that does.
 */
function matchesTokens(tokens: readonly string[], text: string): boolean {
  const star = { token: -1, at: 0 };
  const doubleStar = { token: -1, at: 0 };
  let at = 0;
  let next = 0;
  while (at < text.length || next < tokens.length) {
    const token = tokens[next];
    if (token?.startsWith('*') === true) {
      star.token = token === '*' ? next : -1;
      star.at = at;
      if (token !== '*') {
        doubleStar.token = next;
        doubleStar.at = at;
      }
      next += 1;
    } else if (token !== undefined && (token === '?' ? isOne(text, at) : text.startsWith(token, at))) {
      at += token === '?' ? lengthAt(text, at) : token.length;
      next += 1;
    } else if (star.token !== -1 && isOne(text, star.at)) {
      star.at += lengthAt(text, star.at);
      at = star.at;
      next = star.token + 1;
    } else if (doubleStar.token !== -1 && doubleStar.at < text.length) {
      doubleStar.at += lengthAt(text, doubleStar.at);
      at = doubleStar.at;
      next = doubleStar.token + 1;
      star.token = -1;
    } else {
      return false;
    }
  }
  return true;
}

/** Reports whether there is a character other than `/`. */
function isOne(text: string, at: number): boolean {
  return at < text.length && text[at] !== '/';
}

/** Returns the length of the character at a position: 2 for one beyond the first 65,536. */
function lengthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
