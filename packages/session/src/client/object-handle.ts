import { type Call, type CallOptions, makeProxy, moreOptions } from '@patchbay/objects';

import type { RequestOptions } from './request-options.js';

/** The session that an object was handed out by. */
export interface HandleSession {
  readonly lost: boolean;
  release(object: number): void;
}

/** Finds the handle behind an object reference. */
const handleKey = Symbol('handle');

// Objects that nobody references any more are released, so that a caller who forgets to cannot fill the server.
const unreferenced = new FinalizationRegistry<{ readonly session: HandleSession; readonly number: number }>(
  ({ session, number }) => {
    session.release(number);
  },
);

/** An object that the server handed out, by its number in the session. */
export class ObjectHandle {
  readonly session: HandleSession;
  readonly number: number;
  /** Names the object in messages, such as `storage.node()`. */
  readonly label: string;
  released = false;

  constructor(session: HandleSession, number: number, label: string) {
    this.session = session;
    this.number = number;
    this.label = label;
    unreferenced.register(this, { session, number }, this);
  }

  release(): void {
    if (!this.released) {
      this.released = true;
      unreferenced.unregister(this);
      this.session.release(this.number);
    }
  }
}

export interface HandleCaller<Target = ObjectHandle> {
  callOn(
    target: Target,
    method: string,
    args: readonly unknown[],
    options: RequestOptions,
  ): Call<unknown, unknown>;
}

/** Makes a reference to an object that was handed out: its methods, and the means to release it. */
export function objectReference(caller: HandleCaller, handle: ObjectHandle, options: RequestOptions): object {
  const own = {
    with: (more: CallOptions) => objectReference(caller, handle, moreOptions(options, more)),
    [handleKey]: handle,
    [Symbol.dispose]: () => {
      handle.release();
    },
    [Symbol.asyncDispose]: async () => {
      handle.release();
    },
  };
  return makeProxy(
    `ObjectReference ${handle.label}`,
    (method, args) => caller.callOn(handle, method, args, options),
    own,
    (property) => caller.callOn(handle, property, [], { ...options, isRead: true }),
  );
}

/** Returns the handle of an object that was handed out; undefined for anything else. */
export function handleOf(value: object): ObjectHandle | undefined {
  return (value as { readonly [handleKey]?: ObjectHandle })[handleKey];
}
