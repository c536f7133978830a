// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

export interface AttachmentInput {
  /**
   * Its path in the value: object keys and array indexes, from the outside in. With Invoke.words: the index of the
   * word that it is the content of.
   */
  'path'?: (string)[];
  'text'?: (string);
  'data'?: (Buffer | Uint8Array | string);
  /**
   * Among a call's arguments: a stream of the caller, by its number within the call, from 1. Its items follow.
   */
  'stream'?: (number);
  /**
   * Among a call's arguments: a function of the caller, by its number within the call, from 1.
   */
  'callback'?: (number);
  /**
   * An object of the server, by its number within the session, from 1: from the server one that it hands out, from
   * the client one that it received.
   */
  'object'?: (number | string | Long);
  'content'?: "text"|"data"|"stream"|"callback"|"object";
}

export interface Attachment {
  /**
   * Its path in the value: object keys and array indexes, from the outside in. With Invoke.words: the index of the
   * word that it is the content of.
   */
  'path': (string)[];
  'text'?: (string);
  'data'?: (Buffer);
  /**
   * Among a call's arguments: a stream of the caller, by its number within the call, from 1. Its items follow.
   */
  'stream'?: (number);
  /**
   * Among a call's arguments: a function of the caller, by its number within the call, from 1.
   */
  'callback'?: (number);
  /**
   * An object of the server, by its number within the session, from 1: from the server one that it hands out, from
   * the client one that it received.
   */
  'object'?: (number);
  'content'?: "text"|"data"|"stream"|"callback"|"object";
}
