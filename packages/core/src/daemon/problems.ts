import { coreError } from '../errors/core-errors.js';
import { type RpcError } from '../errors/rpc-error.js';

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** The file and line, the flag or the variable that it came from. */
  readonly where: string;
  /** The key, such as `objects[0].name`; none when the whole is meant. */
  readonly key?: string;
  readonly message: string;
}

/** Makes one `CONFIG_INVALID` of all that is wrong, so that it can be put right in one go. */
export function invalid(problems: readonly Problem[], cause?: unknown): RpcError {
  const texts = problems.map(({ where, key, message }) => [where, key, message].filter(Boolean).join(': '));
  return coreError('CONFIG_INVALID', texts.join('; '), { details: { problems }, cause });
}
