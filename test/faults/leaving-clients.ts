/** Opens clients that fail and leave, each in its own way, and kills itself with the last ones: ADDRESS SEED COUNT. */
import { connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';

import { connectTo } from '@patchbay/grpc/client';
import { encodeFrames, type Frame } from '@patchbay/session';
import type { RemoteObject } from '@patchbay/session/client';

import { Random } from '../soak/random.js';
import type { CrowdedService } from './crowded-service.js';

const [address = '', seed = '', count = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
/** How many are there at once. */
const together = 25;
/** How many of the last ones the kill takes with it. */
const killedAtOnce = 10;

type Service = RemoteObject<CrowdedService>;

function failing(): AsyncIterable<number> {
  return (async function* () {
    yield 1;
    yield 2;
    throw new Error('the stream of the caller fails');
  })();
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(100_000);
    await delay(5);
  }
}

/** What a client does last before it leaves; whatever is still in flight then is lost with it. */
const ways: readonly ((service: Service) => PromiseLike<unknown>)[] = [
  (service) => service.echo('x'.repeat(random.below(300_000))),
  (service) => service.fail(),
  (service) => service.echo(7 as unknown as string), // refused
  (service) => (service as unknown as { nothing(): PromiseLike<unknown> }).nothing(),
  (service) => service.with({ timeoutMs: 20 }).wait(),
  async (service) => {
    const call = service.wait();
    await service.echo('meanwhile');
    call.cancel();
    await call;
  },
  async (service) => {
    for await (const number of service.count()) {
      if (number === 5) {
        return;
      }
    }
  },
  (service) => service.sum(failing()),
  (service) => service.tell(() => Promise.reject(new Error('the function of the caller fails'))),
  (service) => service.tell(() => new Promise(() => undefined)),
  (service) => service.watch(() => true),
  (service) => service.ticket(),
  // What follows is not awaited to its end.
  async (service) => {
    void service.wait().catch(() => undefined);
    void service.upload(endless()).catch(() => undefined);
    void service.count().catch(() => undefined);
    await service.echo('left in the middle');
  },
];

async function live(): Promise<void> {
  await using client = connectTo(address);
  const way = ways[random.below(ways.length)];
  const service = client.proxy<CrowdedService>('service');
  try {
    await service.echo('here');
    await way?.(service);
  } catch {
    // It was meant to fail.
  }
}

function message(frame: Frame): Buffer {
  const encoded = encodeFrames(frame, 5);
  encoded.writeUInt32BE(encoded.length - 5, 1);
  encoded[0] = 0;
  return encoded;
}

/** Sends a part of a frame, and breaks off. */
async function breakOff(): Promise<void> {
  const connection = connect(`http://${address}`).on('error', () => undefined);
  const stream = connection.request({
    ':method': 'POST',
    ':path': '/patchbay.v1.ObjectServer/Session',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
  });
  stream.on('error', () => undefined).resume();
  const window = { itemWindow: 1, itemCountWindow: 0 };
  stream.write(
    message({ kind: 'hello', client: 'broken', maxCalls: 0, ...window, maxFrameBytes: 0, idempotent: [] }),
  );
  const data = Buffer.alloc(200_000);
  const part = message({ kind: 'chunk', number: 1, data, total: 8_000_000 });
  await new Promise((resolve) => stream.write(part, resolve));
  connection.destroy();
}

let left = Number(count) - killedAtOnce;
await Promise.all(
  Array.from({ length: together }, async () => {
    while (left > 0) {
      left -= 1;
      await (left % 8 === 0 ? breakOff() : live());
    }
  }),
);

for (let index = 0; index < killedAtOnce; index += 1) {
  const service = connectTo(address).proxy<CrowdedService>('service');
  void service.wait().catch(() => undefined);
  void service.upload(endless()).catch(() => undefined);
  await service.echo('killed in the middle');
}
process.kill(process.pid, 'SIGKILL');
