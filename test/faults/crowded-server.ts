/** Serves `crowdedService`; tells its parent its address, and what it holds whenever it is asked. */
import { ObjectServer } from '@patchbay/grpc/server';
import { silentLog, systemClock } from '@patchbay/objects';
import { collectGarbage, Dispatcher } from '@patchbay/objects/define';
import { FrameGate } from '@patchbay/session/server';

import { crowdedService, type Held } from './crowded-service.js';

/** The gates that count what sessions hold, which nobody hands out. */
const gates = new Set<FrameGate>();
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this`
const { note, admit } = FrameGate.prototype;
FrameGate.prototype.note = function (this: FrameGate, ...args: Parameters<typeof note>) {
  gates.add(this);
  note.apply(this, args);
};
FrameGate.prototype.admit = function (this: FrameGate, ...args: Parameters<typeof admit>) {
  gates.add(this);
  return admit.apply(this, args);
};

const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
dispatcher.host('service', crowdedService);
const limits = { frameMs: 500, keepalive: { intervalMs: 500, timeoutMs: 1_000 } };
const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, ...limits });

async function measure(): Promise<Held> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await new Promise(setImmediate); // finalizers run between
  }
  const handles: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) {
    handles[type] = (handles[type] ?? 0) + 1;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const bufferedBytes = [...gates].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  return {
    rssBytes: rss,
    heapBytes: heapUsed + external,
    handles,
    bufferedBytes,
    running: dispatcher.running,
  };
}

process.on('message', () => {
  void measure().then((held) => process.send?.(held));
});
process.send?.(server.address);
