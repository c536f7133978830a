import { type CallOptions, makeProxy } from '@patchbay/objects';

import { type CallHost } from './client-call.js';

/** The session that an object was handed out by. */
export interface HandleSession {
  readonly lost: boolean;
  /** Lets go of an object. */
  release(object: number): void;
}

/** Finds the handle of what a caller holds of an object. */
const handleKey = Symbol('handle');

// Objects that nobody holds any more are let go of, so that a caller who forgets to cannot fill the server.
const forgotten = new FinalizationRegistry<{ readonly session: HandleSession; readonly number: number }>(
  ({ session, number }) => {
    session.release(number);
  },
);

/** An object that the server handed out, by its number in the session. */
export class ObjectHandle {
  readonly session: HandleSession;
  readonly number: number;
  /** What it is called in messages, such as `storage.node()`. */
  readonly label: string;
  #released = false;

  constructor(session: HandleSession, number: number, label: string) {
    this.session = session;
    this.number = number;
    this.label = label;
    forgotten.register(this, { session, number }, this);
  }

  get released(): boolean {
    return this.#released;
  }

  release(): void {
    if (!this.#released) {
      this.#released = true;
      forgotten.unregister(this);
      this.session.release(this.number);
    }
  }
}

/** Makes what a caller holds of an object that was handed out: its methods, and the means to let go of it. */
export function objectReference(host: CallHost, handle: ObjectHandle, options: CallOptions): object {
  const release = (): void => {
    handle.release();
  };
  return makeProxy((method, args) => host.callOn(handle, method, args, options), {
    with: (more: CallOptions) => objectReference(host, handle, { ...options, ...more }),
    [handleKey]: handle,
    [Symbol.dispose]: release,
    [Symbol.asyncDispose]: () => {
      release();
      return Promise.resolve();
    },
  });
}

/** Gives the handle of an object that was handed out; undefined for anything else. */
export function handleOf(value: object): ObjectHandle | undefined {
  return (value as { readonly [handleKey]?: ObjectHandle })[handleKey];
}
