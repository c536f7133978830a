import { expect } from 'chai';

import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { silentLog } from '@patchbay/objects';
import { diskTroubles, eventually, refusal, SmallDisk } from '@patchbay/objects/testing';

import { claims } from './opened-registry.js';
import { withNameServer } from './plain-client.js';

describe('A name server whose disk cannot be written', function () {
  this.timeout(30_000);

  before(function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
  });

  for (const { title, reason, strike, heal } of diskTroubles) {
    it(`starts where it is ${title}, knows every name, says why it registers none, and does so once it can`, async () => {
      await using disk = await SmallDisk.mount();
      const reported: (string | undefined)[] = [];
      const start = (): Promise<NameServer> =>
        startNameServer({
          listen: '127.0.0.1:0',
          insecure: true,
          stateDir: disk.path,
          log: silentLog,
          version: '1.2.3',
          onWritable: (failure) => {
            reported.push(failure?.reason);
          },
        });
      let leaseId = '';
      {
        await using server = await start();
        ({ leaseId } = await withNameServer(server.address, (names) =>
          names.register('one', '127.0.0.1:7441', claims('storage')),
        ));
      }
      strike(disk);
      await using server = await start();
      await withNameServer(server.address, async (names) => {
        expect(await names.lookup('storage')).to.have.property('name', 'storage');
        expect(await names.keep_alive(leaseId)).to.include({ leaseId });
        await refusal(names.register('two', '127.0.0.1:7442', claims('spare')), reason);
        expect((await names.info()).problem).to.match(/no space left|file system is read-only/);
        await server.probe();
        heal(disk);
        await eventually(() => reported.length > 1, 10_000);
        expect(reported).to.deep.equal([reason, undefined]);
        expect(await names.info()).to.not.have.property('problem');
        await names.register('two', '127.0.0.1:7442', claims('spare'));
        expect(await names.keep_alive(leaseId)).to.include({ leaseId });
      });
    });
  }
});
