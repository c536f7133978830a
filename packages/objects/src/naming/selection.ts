import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { type ListOptions } from './contract.js';

/**
 * Reads what a command is given to list names by: a glob where it has `*` or `?`, else what the names begin with.
 * @throws RpcError `ARGUMENT_SURPLUS` when it and the option are two globs
 */
export function selectNames(pattern: string, options: ListOptions): ListOptions {
  if (!/[*?]/.test(pattern)) {
    return { ...options, prefix: pattern };
  }
  if (options.glob !== undefined) {
    throw coreError(
      'ARGUMENT_SURPLUS',
      `two globs, ${quoted(pattern)} and ${quoted(options.glob)}; give one`,
    );
  }
  return { ...options, glob: pattern };
}
