// Original file: proto/patchbay/v1/objects.proto

import type { IdempotentMethodsInput as _patchbay_v1_IdempotentMethodsInput, IdempotentMethods as _patchbay_v1_IdempotentMethods } from '../../patchbay/v1/IdempotentMethods.js';

/**
 * The first frame of each side.
 */
export interface HelloInput {
  /**
   * The client's id, chosen by itself. Call N of client C has the id "C-N" in both sides' logs.
   */
  'client'?: (string);
  /**
   * From the server: how many calls it lets this session have in flight; a call above that fails with
   * RESOURCE_EXHAUSTED.
   */
  'maxCalls'?: (number);
  /**
   * How many bytes of unacknowledged items this side takes before it grants credit: the client for each call, the
   * server for each stream among a call's arguments.
   */
  'itemWindow'?: (number);
  /**
   * How large a frame this side accepts, in bytes; at least 262144, which needs no saying.
   */
  'maxFrame'?: (number);
  /**
   * From the server: which methods of its objects are idempotent. The client runs only these again by itself when the
   * connection is lost, and need not ask anybody who may be gone by then.
   */
  'idempotent'?: (_patchbay_v1_IdempotentMethodsInput)[];
}

/**
 * The first frame of each side.
 */
export interface Hello {
  /**
   * The client's id, chosen by itself. Call N of client C has the id "C-N" in both sides' logs.
   */
  'client': (string);
  /**
   * From the server: how many calls it lets this session have in flight; a call above that fails with
   * RESOURCE_EXHAUSTED.
   */
  'maxCalls': (number);
  /**
   * How many bytes of unacknowledged items this side takes before it grants credit: the client for each call, the
   * server for each stream among a call's arguments.
   */
  'itemWindow': (number);
  /**
   * How large a frame this side accepts, in bytes; at least 262144, which needs no saying.
   */
  'maxFrame': (number);
  /**
   * From the server: which methods of its objects are idempotent. The client runs only these again by itself when the
   * connection is lost, and need not ask anybody who may be gone by then.
   */
  'idempotent': (_patchbay_v1_IdempotentMethods)[];
}
