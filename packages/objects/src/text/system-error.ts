import { getSystemErrorMap } from 'node:util';

/** Where the system's own words say too little. */
const clearer: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host cannot be looked up at present',
  EADDRNOTAVAIL: 'not an address of this host',
  EISDIR: 'it is a directory',
};

/**
 * Returns why a system call failed, in words: `no such file or directory` for ENOENT, also if the code only stands in
 * the message. For any other error it is the message.
 */
export function systemErrorText(error: unknown): string {
  const { message, code = /\bE[A-Z_]{3,}\b/.exec(message)?.[0] ?? '' } = error as NodeJS.ErrnoException;
  const known = [...getSystemErrorMap().values()].find(([name]) => name === code);
  return clearer[code] ?? known?.[1] ?? message;
}
