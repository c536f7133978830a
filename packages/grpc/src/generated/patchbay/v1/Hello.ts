// Original file: proto/patchbay/v1/objects.proto

import type { IdempotentMethodsInput as _patchbay_v1_IdempotentMethodsInput, IdempotentMethods as _patchbay_v1_IdempotentMethods } from '../../patchbay/v1/IdempotentMethods.js';

/**
 * The first frame of each side.
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
 * The first frame of each side.
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
