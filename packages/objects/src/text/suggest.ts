/** Words longer than this are not compared: nobody mistypes them, and comparing costs the square of the length. */
const longestWord = 64;

/**
 * Finds the candidate that a mistyped word probably meant, ignoring case: the nearest by edits (a letter added,
 * dropped, replaced, or swapped with its neighbour), where at most a third of the longer word was edited.
 * Gives undefined when none is near.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) {
    return undefined;
  }
  const lowerWord = word.toLowerCase();
  let nearest: string | undefined;
  let fewestEdits = Infinity;
  for (const candidate of candidates) {
    const limit = Math.min(Math.floor(Math.max(word.length, candidate.length) / 3), fewestEdits - 1);
    if (candidate.length > longestWord || Math.abs(word.length - candidate.length) > limit) {
      continue;
    }
    const edits = editDistance(lowerWord, candidate.toLowerCase());
    if (edits <= limit) {
      nearest = candidate;
      fewestEdits = edits;
    }
  }
  return nearest;
}

/** Gives the end of an error message, `; did you mean "x"?`, or nothing when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = suggest(word, candidates);
  return nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
}

/** Counts the edits between two words (the optimal string alignment distance), row by row. */
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
