import { isRpcError } from './rpc-error.js';
export function exitStatusOf(error: unknown): number {
  return isRpcError(error) && error.code === 'INVALID_ARGUMENT' ? 2 : 1;
}
