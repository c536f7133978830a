/** Reports whether a text matches a pattern, in which `*` stands for any characters and `?` for one. */
export function matchesGlob(text: string, pattern: string): boolean {
  let at = 0;
  let from = 0;
  /** Where to resume when what follows the last `*` does not fit: behind it, with one character more taken by it. */
  let retry: { readonly at: number; from: number } | undefined;
  while (from < text.length) {
    if (pattern[at] === '*') {
      retry = { at: at + 1, from };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[from])) {
      at += 1;
      from += 1;
    } else if (retry !== undefined) {
      retry.from += 1;
      ({ at, from } = retry);
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
