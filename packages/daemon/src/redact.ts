const secretWord = String.raw`(?:secret|password|passwd|passphrase|token|authorization|credentials?|api[_-]?key)s?`;

/** What a field with a secret is called, whatever stands before it: `chapSecret`, `boot_token`. */
const secretName = new RegExp(`${secretWord}$`, 'i');

// Bounded, as a text may be long and is looked at from each of its characters.
/** Secrets within texts: passwords in URLs, `token=…` in their queries, `"password": "…"` and `--password …`. */
const secretsInText: readonly [pattern: RegExp, replacement: string][] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@]*:)[^\s/]*@/gi, '$1[redacted]@'],
  [new RegExp(`(${secretWord}=)[^\\s&;,"']+`, 'gi'), '$1[redacted]'],
  [new RegExp(`(${secretWord}"\\s*:\\s*")[^"]+`, 'gi'), '$1[redacted]'],
  [new RegExp(`(--[\\w-]{0,40}?${secretWord}\\s+)[^\\s-]\\S*`, 'gi'), '$1[redacted]'],
];

/** Says whether what is called so is a secret, and no log's business. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Takes out of a text what looks like a secret. */
export function redacted(text: string): string {
  return secretsInText.reduce((whole, [pattern, replacement]) => whole.replace(pattern, replacement), text);
}
