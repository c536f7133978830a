import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file with mode 0600, as a whole or not at all: readers see the former content or this one, whatever fails.
 * @throws the operating system's error
 */
export function writePrivateFile(path: string, content: string): void {
  const aside = `${path}.${String(process.pid)}.new`;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;
  try {
    withFile(openSync(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600), (file) => {
      fchmodSync(file, 0o600); // whatever the umask
      writeFileSync(file, content);
      fsyncSync(file);
    });
    renameSync(aside, path);
    withFile(openSync(dirname(path), O_RDONLY | O_DIRECTORY), fsyncSync);
  } catch (error) {
    forget(aside);
    throw error;
  }
}

function withFile(file: number, use: (file: number) => void): void {
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}

function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it was never made
  }
}
