const secretPattern = String.raw`(?:secret|password|passwd|passphrase|token|authorization|credentials?|api[_-]?key)s?`;

/** How names of fields with secrets end: `chapSecret`, `boot_token`. */
const secretName = new RegExp(`${secretPattern}$`, 'i');

// Repetitions are bounded, as a long text is tried from each of its characters.
/** Secrets within texts: passwords in URLs, `token=…` in their queries, `"password": "…"` and `--password …`. */
const secretsInText: readonly [pattern: RegExp, replacement: string][] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@]*:)[^\s/]*@/gi, '$1[redacted]@'],
  [new RegExp(`(${secretPattern}=)[^\\s&;,"']+`, 'gi'), '$1[redacted]'],
  [new RegExp(`(${secretPattern}"\\s*:\\s*")[^"]+`, 'gi'), '$1[redacted]'],
  [new RegExp(`(--[\\w-]{0,40}?${secretPattern}\\s+)[^\\s-]\\S*`, 'gi'), '$1[redacted]'],
];

/** Reports whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Replaces what looks like a secret in a text. */
export function redacted(text: string): string {
  return secretsInText.reduce((whole, [pattern, replacement]) => whole.replace(pattern, replacement), text);
}
