/** Longer texts are not compared: nobody mistypes them, and comparing takes quadratic time. */
const maxLength = 64;

/**
 * Finds the candidate that a mistyped name probably means, ignoring case: the nearest by edit distance (a character
 * added, dropped, replaced, or swapped with its neighbour), of at most a third of the longer one's length. Returns
 * undefined if none is near.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > maxLength) {
    return undefined;
  }
  const lowerName = name.toLowerCase();
  let nearest: string | undefined;
  let fewestEdits = Infinity;
  for (const candidate of candidates) {
    const limit = Math.min(Math.floor(Math.max(name.length, candidate.length) / 3), fewestEdits - 1);
    if (candidate.length > maxLength || Math.abs(name.length - candidate.length) > limit) {
      continue;
    }
    const edits = editDistance(lowerName, candidate.toLowerCase());
    if (edits <= limit) {
      nearest = candidate;
      fewestEdits = edits;
    }
  }
  return nearest;
}

/** Returns the end of an error message, `; did you mean "x"?`, or the empty text if no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = suggest(name, candidates);
  return nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
}

/** Computes the optimal string alignment distance, row by row. */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, at(twoBack, j - 2) + 1);
      }
      current.push(edits);
    }
    twoBack = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
