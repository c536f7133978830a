/** A glob ready to match texts with, as a whole. */
export interface Glob {
  /** What every text that matches begins with. */
  readonly prefix: string;
  matches(text: string): boolean;
}

/** One step of a glob: a character that stands for itself, or a wildcard. */
type Token = { readonly literal: string } | '?' | '*' | '**';

/**
 * Compiles a glob: `*` stands for any characters but `/`, `?` for one of them, `**` for any characters, and all others
 * for themselves. A match takes at most time in proportion to the lengths of text and glob multiplied: no glob of a
 * caller hangs a server.
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

/** Follows all the ways to match at once, as sets of positions in the glob; none is tried twice. */
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

/** Adds a position, and those behind the stars that follow, which may stand for nothing. */
function reach(positions: Set<number>, tokens: readonly Token[], from: number): void {
  let position = from;
  positions.add(position);
  while (tokens[position] === '*' || tokens[position] === '**') {
    position += 1;
    positions.add(position);
  }
}
