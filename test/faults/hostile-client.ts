/** Opens connections that each send one large frame of JSON, as nobody who means well does: ADDRESS OBJECT METHOD JSON. */
import { once } from 'node:events';
import { connect } from 'node:http2';

import { encodeFrames, type Frame } from '@patchbay/session';

const connections = 8;
const frameBytes = 60 * 1024 * 1024;
const chunkBytes = 256 * 1024;

const [address = '', object = '', method = '', unit = ''] = process.argv.slice(2);
const json = Buffer.alloc(frameBytes, unit);
const invoke = encodeFrames({
  kind: 'invoke',
  call: 1,
  object,
  method,
  input: { values: { json, attachments: [] } },
  timeoutMs: 0,
  correlationId: '',
  oneWay: false,
  target: 0,
  ofCall: 0,
  callback: 0,
});
// Without the head of the message that it would be whole: a tag, and a length of four bytes.
const frame = invoke.subarray(5);

function message(whole: Frame): Buffer {
  const encoded = encodeFrames(whole, 5);
  encoded[0] = 0;
  encoded.writeUInt32BE(encoded.length - 5, 1);
  return encoded;
}

async function attack(client: string): Promise<void> {
  const connection = connect(`http://${address}`).on('error', () => undefined);
  const stream = connection.request({
    ':method': 'POST',
    ':path': '/patchbay.v1.ObjectServer/Session',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    let messages = 0;
    stream.on('data', () => {
      messages++;
      if (messages === 2) {
        resolve(); // hello, and the answer to the call
      }
    });
    stream.on('end', resolve).on('close', resolve);
    connection.on('close', resolve);
  });
  const window = { itemWindow: 1, itemCountWindow: 0 };
  stream.write(message({ kind: 'hello', client, maxCalls: 0, ...window, maxFrameBytes: 0, idempotent: [] }));
  for (let from = 0; from < frame.length && !stream.destroyed; from += chunkBytes) {
    const data = frame.subarray(from, from + chunkBytes);
    const chunk = message({ kind: 'chunk', number: 1, data, total: from === 0 ? frame.length : 0 });
    await Promise.race([new Promise((resolve) => stream.write(chunk, resolve)), ended]);
  }
  await ended;
  connection.destroy();
}

process.send?.('ready');
await once(process, 'message');
await Promise.all(Array.from({ length: connections }, (_, index) => attack(`hostile-${String(index)}`)));
process.disconnect();
