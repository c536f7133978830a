import type { Transport } from '../transport.js';
import { unaryTransport } from './unary.js';
import { codecOf, fromValue, toValue, type Value } from './value.js';

const request = codecOf('patchbay.v1.CallRequest');
const response = codecOf('patchbay.v1.CallResponse');

/** A plain unary call of grpc-js, written by hand, with the messages that our `Call` has: google.protobuf.Value. */
export const unaryValue: Transport = unaryTransport<
  { readonly arguments: readonly [Value] },
  { readonly result: Value }
>({
  request,
  response,
  ask: (payload) => ({ object: 'echo', method: 'text', arguments: [toValue(payload)] }),
  answer: (asked) => ({ result: toValue(fromValue(asked.arguments[0]) as string) }),
  read: (answered) => fromValue(answered.result),
});
