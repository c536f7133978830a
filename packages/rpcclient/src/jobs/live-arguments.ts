import { jobsError } from '@patchbay/objects';

/** How deep values are searched; what is nested more deeply no server takes. */
const maxDepth = 100;

/** Checks that the arguments of a call can be kept for later. @throws RpcError `JOB_ARGUMENT_LIVE` with `details.path` */
export function requireKept(object: string, method: string, args: readonly unknown[]): void {
  const path = liveIn(args, 0);
  if (path !== undefined) {
    const what = `argument ${path.join('.')} of ${object}.${method} is a stream or a function`;
    throw liveArgument(what, path.join('.'));
  }
}

/** Makes the error of an argument that is gone when the job begins. */
export function liveArgument(what: string, path: string): Error {
  const advice = 'upload the file first, and give its name';
  return jobsError('JOB_ARGUMENT_LIVE', `${what}, which cannot be kept for later: ${advice}`, {
    details: { path },
  });
}

function liveIn(value: unknown, depth: number): string[] | undefined {
  if (typeof value === 'function') {
    return [];
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth > maxDepth) {
    return undefined;
  }
  if (Symbol.asyncIterator in value || value instanceof ReadableStream) {
    return [];
  }
  for (const [key, each] of Object.entries(value)) {
    const path = liveIn(each, depth + 1);
    if (path !== undefined) {
      return [key, ...path];
    }
  }
  return undefined;
}
