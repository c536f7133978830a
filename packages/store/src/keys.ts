import { quoted } from '@patchbay/objects';

import { storeError } from './errors.js';
import type { KeyInterval } from './store.js';

const maxKeyBytes = 512;

/** Sorts after every key, being text of the highest code point and longer than any key. */
const afterEveryKey = '\u{10FFFF}'.repeat(maxKeyBytes / 4 + 1);

/** Checks a key. @throws RpcError `KEY_INVALID` */
export function checkKey(key: string): void {
  checkPrefix(key);
  if (key === '' || Buffer.byteLength(key) > maxKeyBytes) {
    throw storeError(
      'KEY_INVALID',
      `the key ${quoted(key)} is not between 1 and ${String(maxKeyBytes)} bytes long`,
    );
  }
}

/** Checks a prefix of keys, which may be empty. @throws RpcError `KEY_INVALID` */
export function checkPrefix(prefix: string): void {
  // Half of a surrogate pair has no bytes in UTF-8: the text would come back changed.
  if (prefix.includes('\0') || !prefix.isWellFormed()) {
    throw storeError('KEY_INVALID', `the key ${quoted(prefix)} holds NUL or half of a surrogate pair`);
  }
}

/** Returns the interval of the keys that have a prefix and come after a key, where one is given. */
export function keysWith(prefix: string, after?: string): KeyInterval {
  const to = prefixEnd(prefix);
  if (after === undefined || Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0) {
    return { from: prefix, to };
  }
  // No key lies between a text and that text with NUL behind it.
  return { from: `${after}\0`, to };
}

/** Returns the least text above every text with this prefix: the prefix with its last code point raised by one. */
function prefixEnd(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      // Surrogates are not characters; the first one's successor in UTF-8 order is U+E000.
      return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
    }
  }
  return afterEveryKey;
}
