import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';

import { type Payload } from '../payloads.js';
import { type Transport } from '../transport.js';

const path = '/bench.Echo/Echo';

interface Codec {
  readonly serialize: (message: object) => Buffer;
  readonly deserialize: (bytes: Buffer) => object;
}

const json: Codec = {
  serialize: (message) => Buffer.from(JSON.stringify(message)),
  deserialize: (bytes) => JSON.parse(bytes.toString()) as object,
};

/** A plain unary call of grpc-js, written by hand, with the cheapest possible codec. */
export const unary: Transport = unaryTransport<
  { readonly args: readonly [Payload] },
  { readonly result: Payload }
>({
  request: json,
  response: json,
  ask: (payload) => ({ object: 'echo', method: 'echo', args: [payload] }),
  answer: (asked) => ({ result: asked.args[0] }),
  read: (answered) => answered.result,
});

/** Creates a transport from a unary method of grpc-js. */
export function unaryTransport<Request extends object, Response extends object>(method: {
  readonly request: Codec;
  readonly response: Codec;
  readonly ask: (payload: Payload) => object;
  readonly answer: (asked: Request) => Response;
  readonly read: (answered: Response) => unknown;
}): Transport {
  const { request, response, ask, answer, read } = method;
  return {
    serve: () =>
      new Promise((resolve, reject) => {
        const server = new Server();
        server.addService(
          {
            Echo: {
              path,
              requestStream: false,
              responseStream: false,
              requestSerialize: request.serialize,
              requestDeserialize: request.deserialize,
              responseSerialize: response.serialize,
              responseDeserialize: response.deserialize,
            },
          },
          {
            Echo: (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>) => {
              reply(null, answer(call.request));
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
        (payload) =>
          new Promise((resolve, reject) => {
            client.makeUnaryRequest(
              path,
              request.serialize,
              response.deserialize,
              ask(payload),
              (error, answered) => {
                if (error === null) {
                  resolve(read(answered as Response));
                } else {
                  reject(error);
                }
              },
            );
          }),
      );
    },
  };
}
