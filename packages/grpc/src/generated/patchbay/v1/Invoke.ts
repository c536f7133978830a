// Original file: proto/patchbay/v1/objects.proto

import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from '../../patchbay/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Starts a call: of a method by the client, of one of a call's callbacks by the server.
 */
export interface InvokeInput {
  /**
   * Numbers the calls of each side; never used twice in a session.
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
  /**
   * Instead of an object's name: the object that the server handed out under this number.
   */
  'target'?: (number | string | Long);
  /**
   * Whether the caller wants no answer at all, neither items nor result nor failure: the server logs a failure under
   * the call's id. Such a call goes on when its session ends.
   */
  'oneWay'?: (boolean);
  /**
   * Instead of an object's name: the object that this earlier call gives as its result, which need not be there yet.
   * From the server: the client's call whose callback it calls.
   */
  'ofCall'?: (number | string | Long);
  /**
   * What this call belongs to, for the logs of all servers that it leads to: 1 to 128 visible ASCII characters.
   * Empty: the call's own id. In Call it is the metadata "x-patchbay-correlation".
   */
  'correlation'?: (string);
  /**
   * From the server: the number of the callback.
   */
  'callback'?: (number);
}

/**
 * Starts a call: of a method by the client, of one of a call's callbacks by the server.
 */
export interface Invoke {
  /**
   * Numbers the calls of each side; never used twice in a session.
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
  /**
   * Instead of an object's name: the object that the server handed out under this number.
   */
  'target': (number);
  /**
   * Whether the caller wants no answer at all, neither items nor result nor failure: the server logs a failure under
   * the call's id. Such a call goes on when its session ends.
   */
  'oneWay': (boolean);
  /**
   * Instead of an object's name: the object that this earlier call gives as its result, which need not be there yet.
   * From the server: the client's call whose callback it calls.
   */
  'ofCall': (number);
  /**
   * What this call belongs to, for the logs of all servers that it leads to: 1 to 128 visible ASCII characters.
   * Empty: the call's own id. In Call it is the metadata "x-patchbay-correlation".
   */
  'correlation': (string);
  /**
   * From the server: the number of the callback.
   */
  'callback': (number);
}
