import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';

import { type Transport } from '../transport.js';

const path = '/bench.Echo/Echo';
const encode = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const decode = (bytes: Buffer): object => JSON.parse(bytes.toString()) as object;

/** A plain grpc-js unary call, with the cheapest codec there is. */
export const unary: Transport = {
  name: 'grpc-js unary',
  serve: () =>
    new Promise((resolve, reject) => {
      const server = new Server();
      server.addService(
        {
          Echo: {
            path,
            requestStream: false,
            responseStream: false,
            requestSerialize: encode,
            requestDeserialize: decode,
            responseSerialize: encode,
            responseDeserialize: decode,
          },
        },
        {
          Echo: (call: ServerUnaryCall<{ args: [string] }, object>, reply: sendUnaryData<object>) => {
            reply(null, { result: call.request.args[0] });
          },
        },
      );
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) {
          resolve(port);
        } else {
          reject(error);
        }
      });
    }),
  connect: (port) => {
    const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
    return Promise.resolve(
      (text: string) =>
        new Promise((resolve, reject) => {
          const request = { object: 'echo', method: 'echo', args: [text] };
          client.makeUnaryRequest(path, encode, decode, request, (error, answer) => {
            if (error === null) {
              resolve((answer as { result: string }).result);
            } else {
              reject(error);
            }
          });
        }),
    );
  },
};
