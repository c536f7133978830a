import { type Caller } from './context.js';

/** Decides whether a caller may use a method; throws the `RpcError` to refuse with. */
export type Authorize = (request: {
  readonly caller: Caller;
  readonly object: string;
  readonly method: string;
}) => void | Promise<void>;
