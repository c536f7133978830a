import { type Code } from './code.js';
import { RpcError, type RpcErrorOptions } from './rpc-error.js';

/** The reasons of one package: each with its code and one sentence on what it means and what to do. */
export type ErrorTable = Readonly<Record<string, readonly [code: Code, meaning: string]>>;

/** Makes an error of one of the table's reasons; the message says what was wrong with what, and what to do. */
export interface ErrorFactory<T extends ErrorTable> {
  (reason: keyof T & string, message: string, options?: RpcErrorOptions): RpcError;
  readonly table: T;
}

/**
 * Turns a package's table of reasons into the function that makes its errors, so that a reason has one code
 * everywhere and the reference page can be held against the table.
 */
export function defineErrors<const T extends ErrorTable>(table: T): ErrorFactory<T> {
  const make = (reason: keyof T & string, message: string, options?: RpcErrorOptions): RpcError => {
    const [code] = table[reason] as readonly [Code, string];
    return new RpcError(code, reason, message, options);
  };
  return Object.assign(make, { table });
}
