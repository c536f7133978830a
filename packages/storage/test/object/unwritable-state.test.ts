import { expect } from 'chai';

import { diskTroubles, eventually, requireTools, SmallDisk } from '@patchbay/objects/testing';

import { reasonOf } from '../fakes/world.js';
import { OpenDisk } from '../targets/initiators.js';
import { type Provisioned, RunningStorage } from './running-storage.js';

interface Status {
  readonly state: string;
  readonly problems: readonly { readonly part: string; readonly reason: string }[];
}

describe('a storage object whose state directory cannot be written', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'tgtd', 'tgtadm', 'qemu-img', 'qemu-io');
  });

  for (const { title, reason, strike, heal } of diskTroubles) {
    it(`starts where it is ${title}, serves and shows what there is, and works again once it can be written`, async () => {
      await using disk = await SmallDisk.mount(16);
      await using storage = await RunningStorage.start({ reflinks: false, stateParent: disk.path });
      await storage.call('import_image', 'ubuntu', storage.source);
      const node1 = await storage.call<Provisioned>('provision', 'node1', 'ubuntu');
      const login = await storage.login('node1', node1);
      await storage.stopObject();
      if (title === 'read-only') {
        // As after a reboot: while tgtd runs it has its log open, and nobody can make the disk read-only.
        await storage.startObject('state', { onStop: 'stop' });
        await storage.stopObject();
      }
      strike(disk);

      await storage.startObject('state', { reconcileEveryMs: 1000 });
      const { state, problems } = await storage.call<Status>('status');
      expect(state).to.equal('degraded');
      expect(problems.map(({ part, reason }) => `${part} ${reason}`)).to.deep.equal([
        `catalog ${reason}`,
        ...(title === 'full' ? [] : ['targets TARGET_TOOL_UNAVAILABLE']),
      ]);
      expect(await storage.call<object[]>('list_nodes')).to.have.length(1);
      expect(await storage.login('node1', node1)).to.deep.equal(login);
      expect(await reasonOf(storage.call('provision', 'node2', 'ubuntu'))).to.equal(reason);
      expect(await reasonOf(storage.call('detach_node', 'node1'))).to.equal(reason);
      if (title === 'full') {
        await using open = await OpenDisk.connect(storage.portal, login);
        await open.use(0x11);
      }

      heal(disk);
      await eventually(async () => (await storage.call<Status>('status')).state === 'ready', 60_000);
      await storage.call('provision', 'node2', 'ubuntu');
      await using open = await OpenDisk.connect(storage.portal, login);
      await open.use(0x22);
      expect(await storage.call('fsck')).to.deep.equal([]);
    });
  }
});
