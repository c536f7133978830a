// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

export interface AttachmentInput {
  /**
   * Where it belongs: object keys and array indexes, from the outside in. Beside words: the index of the word that it
   * stands for.
   */
  'path'?: (string)[];
  'text'?: (string);
  'data'?: (Buffer | Uint8Array | string);
  /**
   * Among a call's arguments: a stream of the caller's, by its number within the call, from 1. Its items follow.
   */
  'stream'?: (number);
  /**
   * Among a call's arguments: a function of the caller's, by its number within the call, from 1.
   */
  'callback'?: (number);
  /**
   * An object of the server's, by its number within the session, from 1: from the server one that it hands out,
   * from the client one that was handed to it.
   */
  'object'?: (number | string | Long);
  'content'?: "text"|"data"|"stream"|"callback"|"object";
}

export interface Attachment {
  /**
   * Where it belongs: object keys and array indexes, from the outside in. Beside words: the index of the word that it
   * stands for.
   */
  'path': (string)[];
  'text'?: (string);
  'data'?: (Buffer);
  /**
   * Among a call's arguments: a stream of the caller's, by its number within the call, from 1. Its items follow.
   */
  'stream'?: (number);
  /**
   * Among a call's arguments: a function of the caller's, by its number within the call, from 1.
   */
  'callback'?: (number);
  /**
   * An object of the server's, by its number within the session, from 1: from the server one that it hands out,
   * from the client one that was handed to it.
   */
  'object'?: (number);
  'content'?: "text"|"data"|"stream"|"callback"|"object";
}
