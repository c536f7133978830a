import { getSystemErrorMap } from 'node:util';

/** Returns why a system call failed, in words: `no such file or directory`. For any other error it is the message. */
export function systemErrorText(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  const [, text] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return text ?? message;
}
