// Original file: proto/patchbay/v1/objects.proto

import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from '../../patchbay/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Starts a call.
 */
export interface InvokeInput {
  /**
   * Numbers the client's calls; never used twice in a session.
   */
  'call'?: (number | string | Long);
  'object'?: (string);
  'method'?: (string);
  /**
   * The array of positional arguments, an object with the options last.
   */
  'arguments'?: (_patchbay_v1_PayloadInput | null);
  /**
   * Words of a command line instead, which the server reads by the method's schema.
   */
  'words'?: (string)[];
  'asWords'?: (boolean);
  /**
   * Milliseconds from the arrival after which the server aborts the call; 0: none.
   */
  'timeoutMs'?: (number);
}

/**
 * Starts a call.
 */
export interface Invoke {
  /**
   * Numbers the client's calls; never used twice in a session.
   */
  'call': (number);
  'object': (string);
  'method': (string);
  /**
   * The array of positional arguments, an object with the options last.
   */
  'arguments': (_patchbay_v1_Payload | null);
  /**
   * Words of a command line instead, which the server reads by the method's schema.
   */
  'words': (string)[];
  'asWords': (boolean);
  /**
   * Milliseconds from the arrival after which the server aborts the call; 0: none.
   */
  'timeoutMs': (number);
}
