import { readFileSync } from 'node:fs';

/** How many hexadecimal digits of the hash identify a machine. */
const idLength = 32;

/**
 * Identifies this machine until it starts again, to tell its socket files from those of others; undefined where the
 * system has no such file. Its containers have the same. The hash keeps the boot id, of which others make secrets, to
 * the machine.
 */
export function machineId(file = '/proc/sys/kernel/random/boot_id'): string | undefined {
  // A client that needs no socket file does without loading it.
  const { createHash } = process.getBuiltinModule('node:crypto');
  try {
    return createHash('sha256').update(readFileSync(file, 'utf8').trim()).digest('hex').slice(0, idLength);
  } catch {
    return undefined;
  }
}
