import type { CallMetadata } from '@patchbay/objects';

/** The method of a call that asks for the description of its object: no method has an empty name. */
export const describing = '';

/** Names what is called in messages, such as `storage.provision`. */
export function calledName({ object, method }: { readonly object: string; readonly method: string }): string {
  return method === describing ? `describing ${object}` : `${object}.${method}`;
}

/**
 * An encoded value: JSON, with long strings and bytes attached. Empty JSON means `undefined`. Long JSON of a call or a
 * result that was received is still bytes of its message: what is refused is not decoded.
 */
export interface Payload {
  readonly json: string | Buffer;
  readonly attachments: readonly Attachment[];
  /** Set where it has more attachments, or longer paths, than are accepted; those are not here. */
  readonly excess?: true;
}

/** A part of a payload at a path of object keys and array indexes in its JSON: a long string, bytes, or a handle. */
export interface Attachment {
  readonly path: readonly string[];
  readonly content: string | Uint8Array | Handle;
  /** Whether the bytes are those of a long string that has not been decoded yet. */
  readonly isText?: true;
}

/** Refers to what cannot leave its side: a stream, a function or an object, by its number. */
export interface Handle {
  readonly kind: 'stream' | 'callback' | 'object';
  readonly number: number;
}

/** What a caller passes: JSON values, or a command line's arguments (text and streams) for the server to parse. */
export type Arguments =
  | { readonly values: Payload }
  | { readonly words: readonly string[]; readonly streams: readonly Attachment[] };

/** How many attachments one value may have, and how many words a command line. */
export const maxParts = 32_768;

export function isHandle(content: Attachment['content'] | undefined): content is Handle {
  return typeof content === 'object' && 'kind' in content;
}

/** Returns about how many bytes a payload takes on the wire. */
export function payloadBytes(payload: Payload): number {
  let bytes = payload.json.length + 16;
  for (const { content } of payload.attachments) {
    bytes += (isHandle(content) ? 0 : content.length) + 16;
  }
  return bytes;
}

export interface IdempotentMethods {
  readonly object: string;
  readonly methods: readonly string[];
}

/** What the Hellos of a session have to prove who opens it; each field may be empty. */
export interface HelloAuth {
  /** From the server: its name, as `formatServerName` writes it. */
  readonly server: string;
  /** Random bytes: the other side proves what it knows anew. */
  readonly challenge: Uint8Array;
  /** From the client: the id of its API key. */
  readonly key: string;
  readonly proof: Uint8Array;
  /** From the client: who it says that it is, for the log alone. */
  readonly claims: string;
  /** The Hello as it was received. */
  readonly encoded?: Uint8Array;
}

const noBytes = Buffer.alloc(0);

/** What a Hello has that proves nothing. */
export const noAuth: HelloAuth = { server: '', challenge: noBytes, key: '', proof: noBytes, claims: '' };

/** What each side sends in a session; proto/patchbay/v1/objects.proto documents each kind. */
export type Frame =
  | {
      readonly kind: 'hello';
      readonly client: string;
      readonly maxCalls: number;
      readonly itemWindow: number;
      /** 0: any number of items. */
      readonly itemCountWindow: number;
      readonly maxFrameBytes: number;
      readonly idempotent: readonly IdempotentMethods[];
      /** From the server: how often it wants a heartbeat at least; 0: it does not know that frame. */
      readonly heartbeatMs?: number;
      readonly methodTimeouts?: boolean;
      /** From the client: whether functions among the arguments may outlive their call. */
      readonly keepsFunctions?: boolean;
      readonly auth?: HelloAuth;
    }
  | {
      readonly kind: 'invoke';
      readonly call: number;
      readonly object: string;
      readonly method: string;
      readonly input: Arguments;
      readonly timeoutMs: number;
      /** Whether the time limit is the method's own. */
      readonly methodTimeout?: boolean;
      /** Empty: the call's id. */
      readonly correlationId: string;
      readonly metadata?: CallMetadata;
      readonly oneWay: boolean;
      /** The number of an object that was handed out; 0: none. */
      readonly target: number;
      /** The earlier call whose result is the object, or whose callback is called; 0: none. */
      readonly ofCall: number;
      readonly callback: number;
      /** Whether a property is read: a method of this name must not run. */
      readonly isRead?: boolean;
      /** The principal on whose behalf the call is made; empty: the caller's own. */
      readonly onBehalfOf?: string;
    }
  | { readonly kind: 'cancel'; readonly call: number }
  | {
      readonly kind: 'credit';
      readonly call: number;
      readonly bytes: number;
      readonly items: number;
      readonly stream: number;
    }
  | { readonly kind: 'item'; readonly call: number; readonly value: Payload; readonly stream: number }
  | {
      readonly kind: 'result';
      readonly call: number;
      readonly value: Payload;
      readonly metadata?: CallMetadata;
    }
  | {
      readonly kind: 'failure';
      readonly call: number;
      readonly code: number;
      readonly reason: string;
      readonly message: string;
      readonly details: string;
      readonly stack: string;
      readonly notBegun: boolean;
      readonly metadata?: CallMetadata;
    }
  | { readonly kind: 'chunk'; readonly number: number; readonly data: Uint8Array; readonly total: number }
  | { readonly kind: 'end'; readonly call: number; readonly stream: number }
  | { readonly kind: 'release'; readonly object: number }
  | { readonly kind: 'heartbeat' }
  | {
      readonly kind: 'subscription';
      /** The client's call that passed the function. */
      readonly call: number;
      readonly callback: number;
      readonly released: boolean;
    };

/** The field numbers of `Frame.kind` in objects.proto. */
export const frameField = {
  hello: 1,
  invoke: 2,
  cancel: 3,
  credit: 4,
  item: 5,
  result: 6,
  failure: 7,
  chunk: 8,
  end: 9,
  release: 10,
  heartbeat: 11,
  subscription: 12,
} as const satisfies Record<Frame['kind'], number>;
