import { coreError } from './errors/core-errors.js';
import type { RpcError } from './errors/rpc-error.js';
import { quoted } from './names.js';

/**
 * Key-value pairs that travel with a call, or back with its answer: what interceptors of both sides tell each other,
 * such as a `traceparent`. A key has 1 to 64 lowercase letters, digits, `-`, `_` and `.`, a letter first, and does not
 * end in `-bin`; a value is text without control characters. At most 64 pairs, of 8 KiB together.
 */
export type CallMetadata = Readonly<Record<string, string>>;

/** The most pairs of a call. */
export const maxMetadataPairs = 64;
/** The most bytes of a call's keys and values together, in UTF-8. */
const maxMetadataBytes = 8 * 1024;

const keyPattern = /^[a-z][a-z0-9._-]{0,63}$/;
const controls = /\p{Cc}/u;

/** The metadata of a call that has none: the same object for all, so that they cost nothing. */
export const noMetadata: CallMetadata = Object.freeze(Object.create(null) as Record<string, string>);

/** Returns `METADATA_INVALID` for metadata that cannot travel with a call; undefined for valid metadata. */
export function metadataError(metadata: CallMetadata): RpcError | undefined {
  let bytes = 0;
  let pairs = 0;
  for (const [key, value] of Object.entries(metadata)) {
    const wrong = keyProblem(key) ?? valueProblem(value);
    if (wrong !== undefined) {
      return coreError('METADATA_INVALID', `metadata ${quoted(key)}: ${wrong}`, {
        details: { key: key.slice(0, 80) },
      });
    }
    bytes += key.length + Buffer.byteLength(value);
    pairs++;
  }
  if (pairs > maxMetadataPairs || bytes > maxMetadataBytes) {
    const most = `${String(maxMetadataPairs)} pairs of ${String(maxMetadataBytes)} bytes together`;
    const message = `a call carries at most ${most}, not ${String(pairs)} of ${String(bytes)}`;
    return coreError('METADATA_INVALID', message, { details: { pairs, bytes } });
  }
  return undefined;
}

/** Returns metadata with pairs added, which replace those of the same key. @throws RpcError `METADATA_INVALID` */
export function withMetadata(metadata: CallMetadata, added: CallMetadata): CallMetadata {
  const all = Object.assign(Object.create(null) as Record<string, string>, metadata, added);
  const wrong = metadataError(all);
  if (wrong !== undefined) {
    throw wrong;
  }
  return all;
}

function keyProblem(key: string): string | undefined {
  if (keyPattern.test(key) && !key.endsWith('-bin')) {
    return undefined;
  }
  return 'a key has 1 to 64 lowercase letters, digits, "-", "_" and ".", a letter first, and does not end in "-bin"';
}

function valueProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return `a value is text, not ${value === null ? 'null' : typeof value}`;
  }
  return controls.test(value) || !value.isWellFormed()
    ? 'a value has no control characters, and is well-formed Unicode'
    : undefined;
}
