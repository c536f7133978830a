import { storeError } from './errors.js';

/**
 * Turns what SQLite or the file system threw into an error of the store, with the original as its cause; returns any
 * other error as it is. The codes are SQLite's (with their extensions, such as `SQLITE_IOERR_WRITE`) and the operating
 * system's (`ENOSPC`).
 */
export function asStoreError(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (code === undefined) {
    return error;
  }
  const options = { cause: error, details: { file, code } };
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(code)) {
    return storeError('STORE_LOCKED', `${file} is open in another process; stop that one first`, options);
  }
  if (/^SQLITE_(?:NOTADB|CORRUPT)/.test(code)) {
    return storeError(
      'STORE_DAMAGED',
      `${file} is damaged or no store; restore it, or move it away`,
      options,
    );
  }
  if (/^SQLITE_FULL|^ENOSPC$|^EDQUOT$/.test(code)) {
    return storeError('STORE_FULL', `no space left for ${file}; free some, nothing was changed`, options);
  }
  if (/^SQLITE_(?:READONLY|PERM|AUTH)|^EACCES$|^EPERM$|^EROFS$/.test(code)) {
    const why = code === 'EROFS' ? ': its file system is read-only; remount it' : '; see its permissions';
    return storeError('STORE_READ_ONLY', `${file} cannot be written${why}`, options);
  }
  return storeError('STORE_FAILED', `${file} could not be read or written (${code})`, options);
}

/** Returns SQLite's or the operating system's code of an error, if it has one. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^SQLITE_|^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
