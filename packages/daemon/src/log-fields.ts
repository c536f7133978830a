import { type LogFields, RpcError } from '@patchbay/objects';

const maxDepth = 8;

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

/**
 * Converts fields to plain JSON values: errors to objects with their whole chain of causes, and to `[redacted]` what is
 * named like a secret or looks like one within a text. Never throws, whatever it is given.
 */
export function loggable(fields: LogFields): Record<string, unknown> {
  return plainObject(Object.entries(fields), []);
}

function plainObject(
  entries: readonly (readonly [string, unknown])[],
  above: readonly unknown[],
): Record<string, unknown> {
  const plain = entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, secretName.test(name) ? '[redacted]' : plainValue(value, above)] as const);
  return Object.fromEntries(plain);
}

/** Converts any value to a JSON value; `above` are the objects around it, to which a cycle would lead back. */
function plainValue(value: unknown, above: readonly unknown[]): unknown {
  const isUnquotable = typeof value === 'number' && !Number.isFinite(value);
  if (isUnquotable || typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') {
    return String(value);
  }
  if (typeof value === 'string') {
    return redacted(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (above.includes(value)) {
    return '[circular]';
  }
  if (above.length >= maxDepth) {
    return '[too deep]';
  }
  try {
    return plainContents(value, [...above, value]);
  } catch {
    // A getter or a proxy that throws must not lose the line that it belongs to.
    return '[unreadable]';
  }
}

function plainContents(value: object, above: readonly unknown[]): unknown {
  if (value instanceof Error) {
    return plainError(value, above);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (ArrayBuffer.isView(value)) {
    return `[${String(value.byteLength)} bytes]`;
  }
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)];
    return plainObject(
      entries.map(([key, item]) => [String(key), item]),
      above,
    );
  }
  if (Array.isArray(value) || value instanceof Set) {
    return [...(value as Iterable<unknown>)].map((item) => plainValue(item, above));
  }
  return plainObject(Object.entries(value), above);
}

/**
 * Picks the fields of an error by name: errors of other libraries carry whole command lines and requests, which may
 * hold secrets under innocent names.
 */
function plainError(error: Error, above: readonly unknown[]): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const own =
    error instanceof RpcError ? { reason: error.reason, details: error.details, callId: error.callId } : {};
  const inner = error instanceof AggregateError ? { errors: error.errors as unknown[] } : {};
  return plainObject(
    Object.entries({ name, message, code, syscall, path, ...own, stack, ...inner, cause }),
    above,
  );
}

/** Replaces what looks like a secret in a text. */
export function redacted(text: string): string {
  return secretsInText.reduce((whole, [pattern, replacement]) => whole.replace(pattern, replacement), text);
}
