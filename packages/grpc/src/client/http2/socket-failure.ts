import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { systemErrorText } from '@patchbay/objects';

/** Reports whether this process may open a file. @param mode as of `access` */
type MayOpen = (path: string, mode: number) => boolean;

/** Returns why the connection to a socket file failed, and what to do about it. */
export function socketFailure(path: string, error: Error, mayOpen: MayOpen = isOpen): string {
  const { code } = error as NodeJS.ErrnoException;
  const text = systemErrorText(error);
  switch (code) {
    case 'ENOENT':
      return `${text}; the server makes the file when it starts: is it running, and is that its path?`;
    case 'ECONNREFUSED':
      return isSocket(path)
        ? `${text}; the server that made the file has ended: start it`
        : `${text}; the file is not a socket`;
    case 'EACCES':
      return `${text}${accessAdvice(path, mayOpen)}`;
    default:
      return text;
  }
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Returns which file or directory this process may not open, and who may. */
function accessAdvice(path: string, mayOpen: MayOpen): string {
  const closed = [...ancestorsOf(path)].find(
    (each) => !mayOpen(each, each === path ? constants.W_OK : constants.X_OK),
  );
  if (closed === undefined) {
    return '';
  }
  const { gid, uid, mode } = statSync(closed);
  const groupMay = (mode & (closed === path ? 0o020 : 0o010)) !== 0;
  if (groupMay && gid !== 0) {
    return `: members of the group ${groupName(gid)} may open ${closed}; join it and log in again, or call as root`;
  }
  const owner = uid === 0 ? 'root' : `the user with the id ${String(uid)}`;
  return `: ${owner} alone may open ${closed}; call as that user`;
}

/** Yields the directories above a file, the root first, and the file. */
function* ancestorsOf(path: string): Generator<string, void, undefined> {
  if (dirname(path) !== path) {
    yield* ancestorsOf(dirname(path));
  }
  yield path;
}

function isOpen(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function groupName(gid: number): string {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((each) => each.split(':')[2] === String(gid));
  return line?.split(':')[0] ?? `with the id ${String(gid)}`;
}
