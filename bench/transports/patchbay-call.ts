import { Client, credentials } from '@grpc/grpc-js';

import { type Payload } from '../payloads.js';
import { type Transport } from '../transport.js';
import { serveEcho } from './patchbay.js';
import { codecOf, fromValue, toValue, type Value } from './value.js';

const path = '/patchbay.v1.ObjectServer/Call';
const request = codecOf('patchbay.v1.CallRequest');
const response = codecOf('patchbay.v1.CallResponse');

/** Our `Call` of a method that yields nothing, by a client that therefore treats it as a unary one. */
export const patchbayCallAsUnary: Transport = {
  serve: () => serveEcho(),
  connect: (port) => {
    const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
    return Promise.resolve(
      (payload) =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(
            path,
            request.serialize,
            response.deserialize,
            callOf(payload),
            (error, answer) => {
              if (error === null) {
                resolve(fromValue((answer as { readonly result: Value }).result));
              } else {
                reject(error);
              }
            },
          );
        }),
    );
  },
};

/** Our `Call`, by a client of grpc-js and the .proto file, as another project would write it. */
export const patchbayCall: Transport = {
  serve: () => serveEcho(),
  connect: (port) => {
    const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
    return Promise.resolve(
      (payload) =>
        new Promise((resolve, reject) => {
          let result: unknown;
          client
            .makeServerStreamRequest(path, request.serialize, response.deserialize, callOf(payload))
            .on('data', (answer: { readonly result: Value }) => {
              result = fromValue(answer.result);
            })
            .on('error', reject)
            .on('end', () => {
              resolve(result);
            });
        }),
    );
  },
};

function callOf(payload: Payload): object {
  const method = typeof payload === 'string' ? 'text' : 'record';
  return { object: 'echo', method, arguments: [toValue(payload)] };
}
