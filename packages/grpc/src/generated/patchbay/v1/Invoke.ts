// Original file: proto/patchbay/v1/objects.proto

import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from '../../patchbay/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Starts a call: from the client of a method, from the server of one of a call's callbacks, also after the call where it
 * keeps it.
 */
export interface InvokeInput {
  /**
   * The number of the call; each side counts its own, and uses none twice in a session.
   */
  'call'?: (number | string | Long);
  'object'?: (string);
  'method'?: (string);
  /**
   * The array of positional arguments; last an object with the options.
   */
  'arguments'?: (_patchbay_v1_PayloadInput | null);
  /**
   * Instead of arguments, if as_words is set: those of a command line, which the server reads by the method's schema.
   */
  'words'?: (string)[];
  'asWords'?: (boolean);
  /**
   * The time limit, in milliseconds from the arrival at the server; 0: none, or that of the method.
   */
  'timeoutMs'?: (number);
  /**
   * Instead of an object's name: the object that the server handed out under this number.
   */
  'target'?: (number | string | Long);
  /**
   * Whether the caller wants no answer: neither items nor result nor failure. The server logs a failure under the
   * call's id. Such a call is not cancelled when its session ends.
   */
  'oneWay'?: (boolean);
  /**
   * Instead of an object's name: the object that this earlier call returns; it may still be running.
   * From the server: the client's call that passed the callback.
   */
  'ofCall'?: (number | string | Long);
  /**
   * The correlation id, for the logs of all servers that the call leads to: 1 to 128 visible ASCII characters. Empty:
   * the call's id. Of Call it is the metadata "x-patchbay-correlation".
   */
  'correlation'?: (string);
  /**
   * From the server: the number of the callback.
   */
  'callback'?: (number);
  /**
   * Key-value pairs that travel with the call, from the caller's interceptors to the method: at most 64, of 8 KiB
   * together. A key has 1 to 64 lowercase letters, digits, "-", "_" and ".", a letter first, and does not end in "-bin";
   * a value has no control characters. Of Call it is metadata of gRPC: "x-patchbay-meta-KEY".
   */
  'metadata'?: ({[key: string]: string});
  /**
   * The host or user on whose behalf the call is made, "user:alice", whose rights it has. Taken from callers by a socket
   * file and from hosts with the grant "delegate", refused with DELEGATION_REFUSED to others. Empty: on the caller's own.
   * An object that was handed out is called on behalf of the same. Of Call, Describe and the NameServer service it is the
   * metadata "x-patchbay-on-behalf-of".
   */
  'onBehalfOf'?: (string);
  /**
   * Whether the time limit is the one that the method declares, as the caller sets none; timeout_ms is 0 then.
   */
  'methodTimeout'?: (boolean);
  /**
   * Whether a property of the object is read: a method of this name must not run.
   */
  'isRead'?: (boolean);
}

/**
 * Starts a call: from the client of a method, from the server of one of a call's callbacks, also after the call where it
 * keeps it.
 */
export interface Invoke {
  /**
   * The number of the call; each side counts its own, and uses none twice in a session.
   */
  'call': (number);
  'object': (string);
  'method': (string);
  /**
   * The array of positional arguments; last an object with the options.
   */
  'arguments': (_patchbay_v1_Payload | null);
  /**
   * Instead of arguments, if as_words is set: those of a command line, which the server reads by the method's schema.
   */
  'words': (string)[];
  'asWords': (boolean);
  /**
   * The time limit, in milliseconds from the arrival at the server; 0: none, or that of the method.
   */
  'timeoutMs': (number);
  /**
   * Instead of an object's name: the object that the server handed out under this number.
   */
  'target': (number);
  /**
   * Whether the caller wants no answer: neither items nor result nor failure. The server logs a failure under the
   * call's id. Such a call is not cancelled when its session ends.
   */
  'oneWay': (boolean);
  /**
   * Instead of an object's name: the object that this earlier call returns; it may still be running.
   * From the server: the client's call that passed the callback.
   */
  'ofCall': (number);
  /**
   * The correlation id, for the logs of all servers that the call leads to: 1 to 128 visible ASCII characters. Empty:
   * the call's id. Of Call it is the metadata "x-patchbay-correlation".
   */
  'correlation': (string);
  /**
   * From the server: the number of the callback.
   */
  'callback': (number);
  /**
   * Key-value pairs that travel with the call, from the caller's interceptors to the method: at most 64, of 8 KiB
   * together. A key has 1 to 64 lowercase letters, digits, "-", "_" and ".", a letter first, and does not end in "-bin";
   * a value has no control characters. Of Call it is metadata of gRPC: "x-patchbay-meta-KEY".
   */
  'metadata': ({[key: string]: string});
  /**
   * The host or user on whose behalf the call is made, "user:alice", whose rights it has. Taken from callers by a socket
   * file and from hosts with the grant "delegate", refused with DELEGATION_REFUSED to others. Empty: on the caller's own.
   * An object that was handed out is called on behalf of the same. Of Call, Describe and the NameServer service it is the
   * metadata "x-patchbay-on-behalf-of".
   */
  'onBehalfOf': (string);
  /**
   * Whether the time limit is the one that the method declares, as the caller sets none; timeout_ms is 0 then.
   */
  'methodTimeout': (boolean);
  /**
   * Whether a property of the object is read: a method of this name must not run.
   */
  'isRead': (boolean);
}
