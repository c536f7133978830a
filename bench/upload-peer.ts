import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { z } from 'zod';

import { ObjectServer } from '@patchbay/grpc/server';
import { silentLog, systemClock } from '@patchbay/objects';
import { arg, byteStream, defineObject, Dispatcher, method } from '@patchbay/objects/define';

// A child of the benchmark: takes uploads by a method and by a bare socket, sends its addresses in the first message, and
// answers every message with its peak memory use, in bytes.
const sink = defineObject({
  summary: 'Takes bytes',
  methods: {
    take: method({
      summary: 'Count the bytes of a stream',
      args: [arg('data', byteStream(), 'the bytes')],
      returns: z.int(),
      run: async (data) => {
        let bytes = 0;
        for await (const piece of data) {
          bytes += piece.length;
        }
        return bytes;
      },
    }),
  },
});
const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
dispatcher.host('sink', sink);
const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
const bare = createServer((socket) => {
  let bytes = 0;
  socket.on('data', (data) => (bytes += data.length));
  socket.on('end', () => socket.end(String(bytes)));
});
bare.listen(0, '127.0.0.1');
await once(bare, 'listening');

process.send?.({ address: server.address, port: (bare.address() as AddressInfo).port });
process.on('message', () => {
  process.send?.(process.resourceUsage().maxRSS * 1024);
});
process.on('disconnect', () => {
  process.exit();
});
