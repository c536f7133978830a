import { type Exec, ExecError } from '../../exec.js';
import { outOfSpace } from './pool-error.js';

/**
 * Copies a file byte by byte, leaving holes where it has holes or zeros. Unlike a reflink this is no point in
 * time: nobody may write the source meanwhile.
 * @throws an error with the code `ENOSPC`, or ExecError
 */
export async function sparseCopy(
  source: string,
  target: string,
  options: { readonly exec: Exec; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const args = ['--sparse=always', '--reflink=never', '--', source, target];
  try {
    await options.exec('cp', args, { signal: options.signal, timeoutMs: 0 });
  } catch (error) {
    if (error instanceof ExecError && outOfSpace.test(error.stderrTail)) {
      throw Object.assign(new Error('no space left for a full copy', { cause: error }), { code: 'ENOSPC' });
    }
    throw error;
  }
}
