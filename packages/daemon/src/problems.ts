import { coreError, RpcError } from '@patchbay/objects';

/** One problem of a configuration. */
export interface Problem {
  /** The file and line, the flag or the variable that it comes from. */
  readonly where: string;
  /** The key, such as `objects[0].name`; absent when the problem concerns the whole. */
  readonly key?: string;
  readonly message: string;
}

/** Returns one `CONFIG_INVALID` with all problems, so that they can be fixed in one go. */
export function invalid(problems: readonly Problem[], cause?: unknown): RpcError {
  return coreError('CONFIG_INVALID', problems.map(problemText).join('; '), { details: { problems }, cause });
}

/** Returns the problems in an error's details. */
export function problemsOf({ details }: RpcError): readonly Problem[] {
  const { problems } = details;
  return Array.isArray(problems) ? (problems as unknown[]).filter(isProblem) : [];
}

/** Returns an error about one problem, of the code and reason of another one. */
export function errorAbout(problem: Problem, { code, reason }: RpcError, cause?: unknown): RpcError {
  return new RpcError(code, reason, problemText(problem), { details: { problems: [problem] }, cause });
}

/** Formats a problem as one line: where, which key, what. */
function problemText({ where, key, message }: Problem): string {
  return [where, key, message].filter(Boolean).join(': ');
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'where' in value && 'message' in value;
}
