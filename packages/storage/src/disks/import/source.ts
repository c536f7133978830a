import { isAbsolute } from 'node:path';

import { quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { ImportSource, Upload } from '../volume-pool.js';

/** The source of an image. */
export type Source =
  | { readonly kind: 'web'; readonly url: URL }
  /** A file on the server's host. */
  | { readonly kind: 'file'; readonly path: string }
  /** The bytes that the caller sends. */
  | { readonly kind: 'upload'; readonly content: Upload };

/** The prefix of the name of a file on the server's host. */
const onServer = 'server:';

/** Creates the `SOURCE_REFUSED` of a source. */
export function sourceRefused(source: string, why: string, cause?: unknown): RpcError {
  return storageError('SOURCE_REFUSED', `cannot import ${quoted(source)}: ${why}`, { cause });
}

/** Returns the name of a source, as it is recorded with the image. */
export function sourceName(source: ImportSource): string {
  return typeof source === 'string' ? source : 'upload';
}

/**
 * Reports whether an image recorded as from `known` may come from this source. Records of the first version name a file
 * on the server's host by its path alone.
 */
export function isSameSource(known: string, source: ImportSource): boolean {
  return (isAbsolute(known) ? onServer + known : known) === sourceName(source);
}

/** Reports whether a source is a file on the server's host, or means to be one. */
export function isOnServer(source: ImportSource): boolean {
  return typeof source === 'string' && source.startsWith(onServer);
}

/**
 * Parses the source of an image as a user gives it: the bytes themselves, an http or https URL, or `server:/PATH`, a
 * file on the server's host. @throws RpcError `SOURCE_REFUSED` for anything else
 */
export function parseSource(source: ImportSource): Source {
  if (typeof source !== 'string') {
    return { kind: 'upload', content: source };
  }
  if (source.includes('\0')) {
    throw sourceRefused(source, 'a path must not contain NUL');
  }
  if (isOnServer(source)) {
    const path = source.slice(onServer.length);
    if (!isAbsolute(path)) {
      const why = "a path on the server's host must be absolute, such as server:/srv/images/a.qcow2";
      throw sourceRefused(source, why);
    }
    return { kind: 'file', path };
  }
  const url = URL.canParse(source) ? new URL(source) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw sourceRefused(source, 'only http and https URLs, server:/PATH and uploads are accepted');
  }
  if (url.username !== '' || url.password !== '') {
    // The source is logged and recorded with the image.
    const shown = `${url.protocol}//…@${url.host}${url.pathname}`;
    throw sourceRefused(shown, 'a URL must not contain a user or password');
  }
  return { kind: 'web', url };
}
