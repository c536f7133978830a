import { isRpcError, type RpcError } from '@patchbay/objects';

/** Returns the option of calls for a job's caller: nobody calls on behalf of `local`, and of who has proven nothing. */
export function onBehalfOf(caller: string): { readonly onBehalfOf?: string } {
  return caller === 'local' || caller === 'anonymous' ? {} : { onBehalfOf: caller };
}

/** Reports whether an error means that nobody serves an object now. */
export function isAway(error: unknown): error is RpcError {
  return isRpcError(error) && (error.reason === 'OBJECT_NOT_FOUND' || error.code === 'UNAVAILABLE');
}
