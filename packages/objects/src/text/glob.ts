/** A compiled glob. */
export interface Glob {
  /** The common prefix of all texts that match. */
  readonly prefix: string;
  /** Reports whether a text matches as a whole. */
  matches(text: string): boolean;
}

/** A token of a glob: a literal character, or a wildcard. */
type Token = { readonly literal: string } | '?' | '*' | '**';

/**
 * Compiles a glob: `*` matches any characters except `/`, `?` any one of these, `**` any characters including `/`, and
 * all other characters themselves. Matching takes time linear in the text's length for a given glob, so that a caller's
 * glob cannot hang a server.
 */
export function compileGlob(glob: string): Glob {
  const [prefix = ''] = glob.split(/[*?]/, 1);
  const tokens = tokensOf(glob);
  return { prefix, matches: (text) => text.startsWith(prefix) && matchesTokens(tokens, text) };
}

function tokensOf(glob: string): readonly Token[] {
  return (glob.match(/\*+|[^*]/gsu) ?? []).map((part) =>
    part === '*' || part === '?' ? part : part.startsWith('*') ? '**' : { literal: part },
  );
}

/** Simulates the glob as a nondeterministic automaton: tracks the set of positions that it can be in. */
function matchesTokens(tokens: readonly Token[], text: string): boolean {
  let positions = new Set<number>();
  reach(positions, tokens, 0);
  for (const character of text) {
    const next = new Set<number>();
    for (const position of positions) {
      const token = tokens[position];
      if (token === '**' || (token === '*' && character !== '/')) {
        reach(next, tokens, position);
      } else if (
        token === '?' ? character !== '/' : typeof token === 'object' && token.literal === character
      ) {
        reach(next, tokens, position + 1);
      }
    }
    if (next.size === 0) {
      return false;
    }
    positions = next;
  }
  return positions.has(tokens.length);
}

/** Adds a position, and those after stars that follow it, which may match the empty text. */
function reach(positions: Set<number>, tokens: readonly Token[], from: number): void {
  let position = from;
  positions.add(position);
  while (tokens[position] === '*' || tokens[position] === '**') {
    position += 1;
    positions.add(position);
  }
}
