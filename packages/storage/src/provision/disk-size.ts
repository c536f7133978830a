import { storageError } from '../errors.js';

/** A disk's size is a whole number of sectors. */
const sectorBytes = 512;

/** Rounds a size up to whole sectors. */
export function wholeSectors(sizeBytes: number): number {
  return Math.ceil(sizeBytes / sectorBytes) * sectorBytes;
}

/** Gives the size of a new disk, in bytes. @throws RpcError `SIZE_TOO_SMALL` */
export function checkedSize(askedBytes: number, sourceBytes: number): number {
  if (askedBytes < sourceBytes) {
    throw storageError(
      'SIZE_TOO_SMALL',
      `a disk of ${String(askedBytes)} bytes cannot hold what it is cloned from, ${String(sourceBytes)} bytes; ask for that much or more`,
      { details: { sizeBytes: askedBytes, smallestBytes: sourceBytes } },
    );
  }
  return wholeSectors(askedBytes);
}
