import { coreError, type JobView, jobsError, RpcError } from '@patchbay/objects';

/** Returns what the call of a job returned. @throws RpcError that of the call, `JOB_EXPIRED`, `JOB_INTERRUPTED`, `JOB_LOST`, `CALL_CANCELLED` */
export function resultOf(view: JobView): unknown {
  if (view.state === 'succeeded') {
    return view.outcome?.result ?? null;
  }
  throw errorOf(view);
}

/** Returns why a job did not succeed. */
export function errorOf(view: JobView): RpcError {
  const { id, object, method, state, outcome } = view;
  const what = `job ${id}, ${object}.${method},`;
  const details = { ...outcome?.details, job: id, state };
  switch (state) {
    case 'expired':
      return jobsError('JOB_EXPIRED', `${what} did not begin in time; jobs.retry ${id} has it tried again`, {
        details,
      });
    case 'interrupted':
      return jobsError(
        'JOB_INTERRUPTED',
        `${what} began, and its worker was lost: it may have taken effect. Check, then jobs.retry or jobs.resolve it`,
        { details },
      );
    case 'lost':
      return jobsError(
        'JOB_LOST',
        `${what} is out of reach, as its worker${view.worker === undefined ? '' : ` ${view.worker}`} is not heard of; ask again later`,
        { details },
      );
    case 'cancelled':
      return coreError('CALL_CANCELLED', `${what} was cancelled by ${outcome?.by ?? 'somebody'}`, {
        details,
      });
    default: {
      const message = outcome?.message ?? `${what} failed, and nothing says why`;
      return new RpcError(outcome?.code ?? 'UNKNOWN', outcome?.reason ?? 'UNEXPECTED', message, { details });
    }
  }
}
