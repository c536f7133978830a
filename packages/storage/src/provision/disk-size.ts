import { formatBytes, parseBytes } from '@patchbay/objects';

import { storageError } from '../errors.js';

/** A disk's size is a whole number of sectors. */
const sectorBytes = 512;

export function wholeSectors(sizeBytes: number): number {
  return Math.ceil(sizeBytes / sectorBytes) * sectorBytes;
}

/** Formats a size for people, and in bytes too where that is not exact: `64.0 MiB`, `95.4 MiB (100000256 bytes)`. */
export function exactSize(sizeBytes: number): string {
  const text = formatBytes(sizeBytes);
  return parseBytes(text) === sizeBytes ? text : `${text} (${String(sizeBytes)} bytes)`;
}

/** Returns the size of a new disk, in bytes. @throws RpcError `SIZE_TOO_SMALL` */
export function checkedSize(askedBytes: number, sourceBytes: number): number {
  if (askedBytes < sourceBytes) {
    throw storageError(
      'SIZE_TOO_SMALL',
      `a disk of ${exactSize(askedBytes)} cannot hold what it is cloned from, ${exactSize(sourceBytes)}; ask for that much or more`,
      { details: { sizeBytes: askedBytes, smallestBytes: sourceBytes } },
    );
  }
  return wholeSectors(askedBytes);
}
