import { RpcError } from './rpc-error.js';
export function errorLine(error: unknown): string {
  return error instanceof RpcError
    ? `error: ${error.code} ${error.reason}: ${error.message}`
    : `error: INTERNAL UNEXPECTED: ${String(error)}`;
}
