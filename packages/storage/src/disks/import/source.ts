import { isAbsolute } from 'node:path';

import { quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type ImportSource } from '../volume-pool.js';

/** Where an image comes from. */
export type Source =
  | { readonly kind: 'web'; readonly url: URL }
  /** On the server's host. */
  | { readonly kind: 'file'; readonly path: string }
  /** From where the caller is. */
  | { readonly kind: 'upload'; readonly content: AsyncIterable<Buffer> };

/** What the name of a file on the server's host begins with. */
const onServer = 'server:';
const upload = 'upload';

/** Makes the `SOURCE_REFUSED` of a source. */
export function sourceRefused(source: string, why: string, cause?: unknown): RpcError {
  return storageError('SOURCE_REFUSED', `cannot import ${quoted(source)}: ${why}`, { cause });
}

/** Gives the words for a source, as they are kept with the image. */
export function sourceName(source: ImportSource): string {
  return typeof source === 'string' ? source : upload;
}

/**
 * Says whether an image that came from `known` may be from this source. Records of the first version name a file on
 * the server's host by its path alone.
 */
export function isSameSource(known: string, source: ImportSource): boolean {
  return (isAbsolute(known) ? onServer + known : known) === sourceName(source);
}

/**
 * Reads what a user gave as an image's source: the bytes themselves, an http or https URL, or `server:/PATH`, a file
 * on the server's host. @throws RpcError `SOURCE_REFUSED` for anything else
 */
export function parseSource(source: ImportSource): Source {
  if (typeof source !== 'string') {
    return { kind: 'upload', content: source };
  }
  if (source.includes('\0')) {
    throw sourceRefused(source, 'a path has no NUL in it');
  }
  if (source.startsWith(onServer)) {
    const path = source.slice(onServer.length);
    if (!isAbsolute(path)) {
      throw sourceRefused(source, "a path on the server's host is absolute, as server:/srv/images/a.qcow2");
    }
    return { kind: 'file', path };
  }
  const url = URL.canParse(source) ? new URL(source) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw sourceRefused(source, 'only http and https URLs, server:/PATH and uploads are taken');
  }
  if (url.username !== '' || url.password !== '') {
    // The source is logged and kept with the image.
    throw sourceRefused(
      `${url.protocol}//…@${url.host}${url.pathname}`,
      'a URL with a password is not taken',
    );
  }
  return { kind: 'web', url };
}
