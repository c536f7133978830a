import type { AnsweredCall, CallOutcome, Clock, Log, LogFields } from '@patchbay/objects';

/** How many lines a second the system log gets of calls that are always logged. */
const maxLines = 20;

/** How much is kept of names and texts that a caller makes up, in characters. */
export const maxNameLength = 200;

/** Identities are changed by methods of this object, but for those that only look. */
const identityObject = 'identity';
const onlyLooks = /^(?:list_.*|show_.*|status|whoami|can_i|watch_policy)$/;

/** Knows the calls that are logged whatever is set, those that were refused or change identities, and tells the system log. */
export class NotableCalls {
  readonly #clock: Clock;
  readonly #log: Log;
  #lines = { second: 0, count: 0 };

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Reports whether a call is one of them, and tells the system log of it. */
  note(call: AnsweredCall, { error }: CallOutcome): boolean {
    if (error?.code === 'PERMISSION_DENIED' || error?.code === 'UNAUTHENTICATED') {
      if (this.#mayTell()) {
        this.#log.warn('refused a call', { ...fieldsOf(call), code: error.code, reason: error.reason });
      }
      return true;
    }
    if (call.object === identityObject && call.access !== undefined && !onlyLooks.test(call.method)) {
      if (this.#mayTell()) {
        const outcome = error === undefined ? {} : { code: error.code, reason: error.reason };
        this.#log.warn('identities were changed, or were to be', { ...fieldsOf(call), ...outcome });
      }
      return true;
    }
    return false;
  }

  /** Reports whether the system log may get a line more: callers can make many. The call log has all of them. */
  #mayTell(): boolean {
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    if (second !== this.#lines.second) {
      this.#lines = { second, count: 0 };
    }
    return ++this.#lines.count <= maxLines;
  }
}

function fieldsOf({ callId, caller, object, method }: AnsweredCall): LogFields {
  return {
    callId,
    caller: caller.principal,
    ...(caller.delegate === undefined ? {} : { delegate: caller.delegate }),
    peer: caller.peer,
    object: object.slice(0, maxNameLength),
    method: method.slice(0, maxNameLength),
  };
}
