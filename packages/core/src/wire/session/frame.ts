/** A value ready for the wire: JSON text, with long texts and bytes beside it. Empty JSON means `undefined`. */
export interface Payload {
  readonly json: string;
  readonly attachments: readonly Attachment[];
}

/** A long text or bytes that belong into a payload's JSON at a path of object keys and array indexes. */
export interface Attachment {
  readonly path: readonly string[];
  readonly content: string | Uint8Array;
}

/** What a caller passes: JSON values, or the words of a command line for the server to read by its schema. */
export type Arguments = { readonly values: Payload } | { readonly words: readonly string[] };

/** What each side says in a session; proto/patchbay/v1/objects.proto says what each kind means. */
export type Frame =
  | {
      readonly kind: 'hello';
      readonly client: string;
      readonly maxCalls: number;
      readonly itemWindow: number;
      readonly maxFrameBytes: number;
    }
  | {
      readonly kind: 'invoke';
      readonly call: number;
      readonly object: string;
      readonly method: string;
      readonly input: Arguments;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'cancel'; readonly call: number }
  | { readonly kind: 'credit'; readonly call: number; readonly bytes: number }
  | { readonly kind: 'item'; readonly call: number; readonly value: Payload }
  | { readonly kind: 'result'; readonly call: number; readonly value: Payload }
  | {
      readonly kind: 'failure';
      readonly call: number;
      readonly code: number;
      readonly reason: string;
      readonly message: string;
      readonly details: string;
      readonly stack: string;
    }
  | { readonly kind: 'chunk'; readonly number: number; readonly data: Uint8Array; readonly total: number };

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
} as const satisfies Record<Frame['kind'], number>;
