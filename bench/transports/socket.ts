import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { type Payload } from '../payloads.js';
import { type Transport } from '../transport.js';

type Send = (peer: Socket, message: object) => void;

/** The minimum: length-prefixed JSON on a bare socket. */
export const socket: Transport = over(send);

/** The same with one write per turn of the event loop: best with many calls in flight. */
export const pipelinedSocket: Transport = over((peer, message) => {
  if (peer.writableCorked === 0) {
    peer.cork();
    process.nextTick(() => {
      peer.uncork();
    });
  }
  send(peer, message);
});

function over(send: Send): Transport {
  return {
    serve: () =>
      new Promise((resolve) => {
        const server = createServer((peer) => {
          peer.setNoDelay(true);
          readMessages(peer, (message) => {
            const { id, args } = JSON.parse(message) as { id: number; args: [Payload] };
            send(peer, { id, result: args[0] });
          });
        });
        server.listen(0, '127.0.0.1', () => {
          resolve((server.address() as AddressInfo).port);
        });
      }),
    connect: (port) =>
      new Promise((resolve) => {
        const pending = new Map<number, (result: Payload) => void>();
        let calls = 0;
        const peer = connect(port, '127.0.0.1', () => {
          resolve(
            (payload) =>
              new Promise((answer) => {
                const id = ++calls;
                pending.set(id, answer);
                send(peer, { id, object: 'echo', method: 'echo', args: [payload] });
              }),
          );
        });
        peer.setNoDelay(true);
        readMessages(peer, (message) => {
          const { id, result } = JSON.parse(message) as { id: number; result: Payload };
          pending.get(id)?.(result);
          pending.delete(id);
        });
      }),
  };
}

function send(peer: Socket, message: object): void {
  const json = JSON.stringify(message);
  const length = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(4 + length);
  frame.writeUInt32BE(length);
  frame.write(json, 4);
  peer.write(frame);
}

function readMessages(peer: Socket, take: (message: string) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  peer.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      take(rest.toString('utf8', 4, end));
      rest = rest.subarray(end);
    }
  });
}
