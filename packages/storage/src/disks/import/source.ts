import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

import { quoted, type RpcError } from '@patchbay/core';

import { storageError } from '../../errors.js';

/** Where an image comes from. */
export type Source =
  { readonly kind: 'web'; readonly url: URL } | { readonly kind: 'file'; readonly path: string };

/** Makes the `SOURCE_REFUSED` of a source. */
export function sourceRefused(source: string, why: string, cause?: unknown): RpcError {
  return storageError('SOURCE_REFUSED', `cannot import ${quoted(source)}: ${why}`, { cause });
}

/**
 * Reads what a user gave as an image's source: an http or https URL, a file URL, or an absolute path on the
 * server's host. @throws RpcError `SOURCE_REFUSED` for anything else
 */
export function parseSource(text: string): Source {
  if (text.includes('\0')) {
    throw sourceRefused(text, 'a path has no NUL in it');
  }
  if (isAbsolute(text)) {
    return { kind: 'file', path: text };
  }
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    throw sourceRefused(text, "give an http(s) URL, or an absolute path on the server's host");
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  switch (url?.protocol) {
    case 'http:':
    case 'https:':
      if (url.username !== '' || url.password !== '') {
        // The source is logged and kept with the image.
        throw sourceRefused(
          `${url.protocol}//…@${url.host}${url.pathname}`,
          'a URL with a password is not taken',
        );
      }
      return { kind: 'web', url };
    case 'file:':
      return { kind: 'file', path: pathOf(text, url) };
    case undefined:
    default:
      throw sourceRefused(text, 'only http, https and file URLs and absolute paths are taken');
  }
}

function pathOf(text: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw sourceRefused(
      text,
      "a file URL names a file on the server's host, as file:///path/of/image",
      error,
    );
  }
}
