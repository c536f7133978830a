import { posix } from 'node:path';

import { quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { ImportSource } from '../volume-pool.js';
import { sourceRefused } from './source.js';

/** What a checksum may be given as: its digits, `sha256:` and them, a line of sha256sum, or the URL of such lines. */
export const checksumPattern =
  /^(?:(?:sha256:)?[0-9a-f]{64}|\\?[0-9a-f]{64}[ \t]+\*?\S.*|sha256 ?\(.*\) ?= ?[0-9a-f]{64}|https?:\/\/.*)\s*$/i;

/** A line of `sha256sum`, or of `sha256sum --tag` as BSD's. */
const linePattern = /^\\?([0-9a-f]{64})(?:[ \t]+\*?(.+))?$|^SHA256 ?\((.*)\) ?= ?([0-9a-f]{64})$/i;

/** Returns the digits of a checksum that is not given as a URL. */
export function parseChecksum(text: string): string | undefined {
  const digits = /^https?:/i.test(text) ? undefined : /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i;
  return digits?.exec(text.replace(/^sha256:/i, ''))?.[0].toLowerCase();
}

/**
 * Finds the checksum of a source in a file of checksums: that of its name, also without the suffix of its compression,
 * or the only one. @throws RpcError `SOURCE_REFUSED` if there is none, or several differ
 */
export function findChecksum(sums: string, url: string, source: ImportSource): string {
  const entries = sums.split(/\r?\n/).flatMap((line) => {
    const match = linePattern.exec(line.trim());
    const digits = match?.[1] ?? match?.[4];
    return digits === undefined
      ? []
      : [{ digits: digits.toLowerCase(), name: posix.basename(match?.[2] ?? match?.[3] ?? '') }];
  });
  const name = nameOf(source);
  const unpackedName = name?.replace(/\.(?:gz|xz|zst|bz2)$/i, '');
  const named = [name, unpackedName].map((each) => entries.filter((entry) => entry.name === each));
  const found = new Set((named.find(({ length }) => length > 0) ?? entries).map(({ digits }) => digits));
  const [only] = found;
  if (only === undefined) {
    throw refused(url, 'it has no line of sha256sum');
  }
  if (found.size > 1) {
    throw refused(
      url,
      `it has checksums of several files, and ${name === undefined ? 'an upload has no name' : `none, or several, of ${quoted(name)}`}; give the line itself`,
    );
  }
  return only;
}

/** Returns the name of a source's file; undefined for an upload. */
function nameOf(source: ImportSource): string | undefined {
  if (typeof source !== 'string') {
    return undefined;
  }
  const path = URL.canParse(source) ? new URL(source).pathname : source;
  try {
    return posix.basename(decodeURIComponent(path));
  } catch {
    return posix.basename(path); // a "%" that encodes nothing
  }
}

function refused(url: string, why: string): RpcError {
  return sourceRefused(url, `as checksums: ${why}`);
}

/**
 * Asserts the checksum that a caller gave. @throws RpcError `CHECKSUM_MISMATCH`
 * @param received undefined if it is not known yet
 */
export function assertChecksum(
  source: string,
  received: { readonly sha256: string | undefined; readonly unpackedSha256?: string | undefined } | undefined,
  expected: string | undefined,
): void {
  const { sha256, unpackedSha256 } = received ?? {};
  if (expected === undefined || sha256 === undefined) {
    return;
  }
  if (expected !== sha256 && expected !== unpackedSha256) {
    const unpacked = unpackedSha256 === undefined ? '' : `, and unpacked ${unpackedSha256}`;
    throw storageError(
      'CHECKSUM_MISMATCH',
      `${quoted(source)} has the SHA-256 ${sha256}${unpacked}, not ${quoted(expected)}`,
      {
        details: {
          actual: sha256,
          ...(unpackedSha256 === undefined ? {} : { unpacked: unpackedSha256 }),
          expected,
        },
      },
    );
  }
}
