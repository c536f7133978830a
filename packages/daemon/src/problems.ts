import { coreError, type RpcError } from '@patchbay/objects';

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
  return coreError('CONFIG_INVALID', problems.map(problemText).join('; '), { details: { problems }, cause });
}

/** Gives the problems that an error tells of, where it has them in its details. */
export function problemsOf({ details }: RpcError): readonly Problem[] {
  const { problems } = details;
  return Array.isArray(problems) ? (problems as unknown[]).filter(isProblem) : [];
}

/** Writes a problem as one line: where, which key, what. */
export function problemText({ where, key, message }: Problem): string {
  return [where, key, message].filter(Boolean).join(': ');
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'where' in value && 'message' in value;
}
