import type { Code } from './code.js';
import { RpcError, type RpcErrorOptions } from './rpc-error.js';

/** The reasons of one package: each with its code, and what it means and what to do in one sentence. */
export type ErrorTable = Readonly<Record<string, readonly [code: Code, meaning: string]>>;

/** Creates an error of one of the table's reasons; the message says what was wrong with what, and what to do. */
export interface ErrorFactory<T extends ErrorTable> {
  (reason: keyof T & string, message: string, options?: RpcErrorOptions): RpcError;
  readonly table: T;
}

/**
 * Returns the function that creates the errors of a package's table of reasons, so that a reason has the same code
 * everywhere and tests can check the reference page against the table.
 */
export function defineErrors<const T extends ErrorTable>(table: T): ErrorFactory<T> {
  const make = (reason: keyof T & string, message: string, options?: RpcErrorOptions): RpcError => {
    const [code] = table[reason] as readonly [Code, string];
    return new RpcError(code, reason, message, options);
  };
  return Object.assign(make, { table });
}
