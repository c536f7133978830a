import { type RpcError } from '@patchbay/objects';

import { type ClientCall } from './client-call.js';

/** Takes a call that its session lost: the connection broke before its end. */
export type LostCallHandler = (call: ClientCall, error: RpcError, address: string) => void;

/** What a session tells of itself. */
export interface SessionEvents {
  /** The server said hello: calls may go out. */
  readonly onOpen: () => void;
  /** The session is over, or never came to be; told once, before its calls are. */
  readonly onEnd: (error: RpcError) => void;
  readonly onLostCall: LostCallHandler;
}
