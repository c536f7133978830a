import { expect } from 'chai';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { refusal } from '@patchbay/objects/testing';
import type { Storage } from '@patchbay/storage';

import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const planted = 'pl4ntedSecret';

describeSystem('The logs of the daemons', ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io'], () => {
  const patchbay = shared(() =>
    Patchbay.start({
      storage: {
        urlNetworks: ['127.0.0.0/8'],
        boot: { listen: '127.0.0.1:0', token: true, networks: ['127.0.0.0/8'] },
      },
      server: { logCalls: 'all', log: { level: 'debug' } },
    }),
  );

  async function logs(): Promise<string> {
    const files = ['rpcserver.log', 'nameserver.log'].map((name) => readFile(patchbay().at(name), 'utf8'));
    return (await Promise.all(files)).join('');
  }

  it('contain no secret, neither generated nor given by a caller, whatever fails', async () => {
    const { storage, client } = patchbay();
    await patchbay().importImage('ubuntu', MiB);
    const secrets = [planted];
    await storage.provision('node7', 'ubuntu', { mac: '52:54:00:00:00:07' });
    secrets.push((await storage.show_credentials('node7')).chapSecret);
    await storage.rotate_credentials('node7');
    secrets.push((await storage.show_credentials('node7')).chapSecret);

    const url = `http://me:${planted}@127.0.0.1:1/image?token=${planted}`;
    await refusal(storage.import_image('foreign', url));
    // The URL is in the error, whose cause is logged.
    const web = createServer((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end('no gzip');
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    await refusal(storage.import_image('away', `http://127.0.0.1:${String(port)}/image?token=${planted}`));
    web.close();
    await refusal(storage.import_image('here', `server:/nowhere/password=${planted}`));
    await refusal(
      client
        .proxy<{ provision: { args: unknown[]; result: unknown; item: never } }>('storage')
        .provision('node8', 'ubuntu', { secret: planted }),
    );
    await refusal(storage.provision('node7', 'nothing'));
    await storage.detach_node('node7');

    const text = await logs();
    expect(text).to.include('a call ended with an error').and.to.include('[redacted]');
    for (const secret of secrets) {
      expect(secret).to.have.length.above(11);
      expect(text).to.not.include(secret);
    }
  });

  it('carry the id of a call through every line that it leads to', async () => {
    const storage = patchbay().client.proxy<Storage>('storage');
    await storage.provision('node9', 'ubuntu');
    await storage.with({ correlationId: 'order-8' }).schedule_snapshots('node9', '0 3 * * *', { keep: 2 });
    const lines = (await logs())
      .split('\n')
      .filter((line) => line.includes('order-8'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ message }) => message)).to.have.members(['snapshots were scheduled', 'a call ended']);
    expect(new Set(lines.map(({ callId }) => callId)).size).to.equal(1);
  });
});
