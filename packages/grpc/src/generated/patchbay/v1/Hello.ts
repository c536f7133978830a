// Original file: proto/patchbay/v1/objects.proto

import type { IdempotentMethodsInput as _patchbay_v1_IdempotentMethodsInput, IdempotentMethods as _patchbay_v1_IdempotentMethods } from '../../patchbay/v1/IdempotentMethods.js';

/**
 * The first frame of each side. Where the client's has a key, each side sends a second one, before the first call: the
 * client's has its proof, and the server's, which is complete, the server's own.
 */
export interface HelloInput {
  /**
   * The client's id, which it chooses. Call N of client C has the id "C-N" in the logs of both sides.
   */
  'client'?: (string);
  /**
   * From the server: how many calls this session may have in flight, and how many more that want no answer. The client
   * keeps further calls until one has ended; those that it sends fail with RESOURCE_EXHAUSTED.
   */
  'maxCalls'?: (number);
  /**
   * How many bytes of items this side accepts before it grants credit: the client for each call, the server for each
   * stream among a call's arguments.
   */
  'itemWindow'?: (number);
  /**
   * The largest frame that this side accepts, in bytes; less than 262144 means 262144.
   */
  'maxFrame'?: (number);
  /**
   * From the server, in answer to a key: its name, spiffe://CLUSTER/host/NAME/SERVER_ID/START_ID.
   */
  'server'?: (string);
  /**
   * Beside a key, and in the answer to one: 32 random bytes, for the other side's proof.
   */
  'challenge'?: (Buffer | Uint8Array | string);
  /**
   * From the client: the id of its API key.
   */
  'key'?: (string);
  /**
   * HMAC-SHA-256 by the key as it is on this server: docs/reference/protocol.md says over what.
   */
  'proof'?: (Buffer | Uint8Array | string);
  /**
   * From the client: who it says that it is, for the server's log alone; at most 64 visible ASCII characters.
   */
  'claims'?: (string);
  /**
   * From the server: the idempotent methods of its objects. When the connection is lost the client retries only these,
   * without asking a server that may be gone by then.
   */
  'idempotent'?: (_patchbay_v1_IdempotentMethodsInput)[];
  /**
   * How many items this side accepts before it grants credit, whatever their size, beside item_window; 0: any number.
   */
  'itemCountWindow'?: (number);
  /**
   * From the server: how often it wants a Heartbeat at least while calls are in flight, in milliseconds. 0: it does not
   * know that frame, and must not be sent one.
   */
  'heartbeatMs'?: (number);
  /**
   * From the server: whether it knows Invoke.method_timeout.
   */
  'methodTimeouts'?: (boolean);
  /**
   * From the client: whether it knows Subscription. Without it, the server keeps no function beyond its call.
   */
  'keepsFunctions'?: (boolean);
}

/**
 * The first frame of each side. Where the client's has a key, each side sends a second one, before the first call: the
 * client's has its proof, and the server's, which is complete, the server's own.
 */
export interface Hello {
  /**
   * The client's id, which it chooses. Call N of client C has the id "C-N" in the logs of both sides.
   */
  'client': (string);
  /**
   * From the server: how many calls this session may have in flight, and how many more that want no answer. The client
   * keeps further calls until one has ended; those that it sends fail with RESOURCE_EXHAUSTED.
   */
  'maxCalls': (number);
  /**
   * How many bytes of items this side accepts before it grants credit: the client for each call, the server for each
   * stream among a call's arguments.
   */
  'itemWindow': (number);
  /**
   * The largest frame that this side accepts, in bytes; less than 262144 means 262144.
   */
  'maxFrame': (number);
  /**
   * From the server, in answer to a key: its name, spiffe://CLUSTER/host/NAME/SERVER_ID/START_ID.
   */
  'server': (string);
  /**
   * Beside a key, and in the answer to one: 32 random bytes, for the other side's proof.
   */
  'challenge': (Buffer);
  /**
   * From the client: the id of its API key.
   */
  'key': (string);
  /**
   * HMAC-SHA-256 by the key as it is on this server: docs/reference/protocol.md says over what.
   */
  'proof': (Buffer);
  /**
   * From the client: who it says that it is, for the server's log alone; at most 64 visible ASCII characters.
   */
  'claims': (string);
  /**
   * From the server: the idempotent methods of its objects. When the connection is lost the client retries only these,
   * without asking a server that may be gone by then.
   */
  'idempotent': (_patchbay_v1_IdempotentMethods)[];
  /**
   * How many items this side accepts before it grants credit, whatever their size, beside item_window; 0: any number.
   */
  'itemCountWindow': (number);
  /**
   * From the server: how often it wants a Heartbeat at least while calls are in flight, in milliseconds. 0: it does not
   * know that frame, and must not be sent one.
   */
  'heartbeatMs': (number);
  /**
   * From the server: whether it knows Invoke.method_timeout.
   */
  'methodTimeouts': (boolean);
  /**
   * From the client: whether it knows Subscription. Without it, the server keeps no function beyond its call.
   */
  'keepsFunctions': (boolean);
}
