import { type Caller } from '@patchbay/objects';
import { type Dispatcher } from '@patchbay/objects/define';

import { type SessionLimits } from './session-limits.js';

/** The way to the client under a session. */
export interface SessionOutput {
  write(message: Buffer): void;
  /** How many of the bytes that were written have not left yet. */
  readonly unsentBytes: number;
}

/** What a server session needs. */
export interface ServerSessionOptions {
  readonly dispatcher: Dispatcher;
  readonly caller: Caller;
  readonly limits: SessionLimits;
  readonly output: SessionOutput;
}
