import type { RpcError } from '@patchbay/objects';

import type { ClientCall } from './client-call.js';
import type { Destination } from './destination.js';

/** Takes a call whose session was lost before its end. */
export type LostCallHandler = (call: ClientCall, error: RpcError, from: Destination) => void;

export interface ClientSessionEvents {
  /** The server said hello: calls may be sent. */
  readonly onOpen: () => void;
  /** The session has ended, or could not be opened; reported once, before its calls are. */
  readonly onEnd: (error: RpcError) => void;
  readonly onLostCall: LostCallHandler;
}
