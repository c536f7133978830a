import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

import { systemErrorText } from '../text/system-error.js';
import { identityError } from './identity-error.js';

/** How a file is judged before it is believed. */
export interface TrustedFileOptions {
  /** What it is, as messages name it: `identity file`. */
  readonly what: string;
  /** Whether others must not read it. */
  readonly isSecret: boolean;
  /** The most that is read, in bytes. */
  readonly maxBytes: number;
  /**
   * Whether it may be a symbolic link and, as root's, readable by its group: what tools for certificates leave. Default:
   * false, as for files of our own.
   */
  readonly isOfOthers?: boolean;
}

/**
 * Reads a file that nobody but this user and root can have written; undefined where there is none.
 *
 * @throws RpcError `IDENTITY_FILE_UNSAFE`
 */
export function readTrustedFile(path: string, options: TrustedFileOptions): string | undefined {
  const { what, isOfOthers = false } = options;
  const unsafe = (why: string): Error =>
    identityError('IDENTITY_FILE_UNSAFE', `the ${what} ${path} cannot be used: ${why}`, {
      details: { path },
    });
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK | (isOfOthers ? 0 : O_NOFOLLOW));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    const isLink = code === 'ELOOP' && !isOfOthers;
    throw unsafe(isLink ? 'it is a symbolic link' : systemErrorText(error));
  }
  try {
    // Of the open file: whatever is put at the path meanwhile is another one.
    const trouble = troubleOf(fstatSync(file), options);
    if (trouble !== undefined) {
      throw unsafe(trouble);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function troubleOf(
  { mode, uid, size }: Stats,
  { what, isSecret, maxBytes, isOfOthers = false }: TrustedFileOptions,
): string | undefined {
  const own = process.geteuid?.();
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
    return 'it is not a file';
  }
  if (size > maxBytes) {
    return `it has ${String(size)} bytes, more than the ${String(maxBytes)} of any ${what}`;
  }
  if (own !== undefined && uid !== own && uid !== 0) {
    return `it belongs to the user with the id ${String(uid)}; change its owner`;
  }
  const unwanted = !isSecret ? 0o022 : isOfOthers && uid === 0 ? 0o037 : 0o077;
  if ((mode & unwanted) !== 0) {
    const may = isSecret ? 'read or write' : 'write';
    const advice = isSecret ? 'chmod 600' : 'chmod go-w';
    return `others may ${may} it (mode ${(mode & 0o777).toString(8)}); run ${advice} on it`;
  }
  return undefined;
}
