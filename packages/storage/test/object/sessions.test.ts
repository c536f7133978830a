import { expect } from 'chai';

import { eventually, requireTools } from '@patchbay/objects/testing';

import { OpenDisk } from '../targets/initiators.js';
import { type Provisioned, RunningStorage } from './running-storage.js';

interface Details {
  readonly connected: readonly string[];
  readonly sessions: readonly {
    readonly initiator: string;
    readonly address: string;
    readonly since: string;
  }[];
  readonly alerts: readonly { readonly kind: string }[];
}

describe('two machines with the identity of one node', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'tgtd', 'qemu-img', 'qemu-io');
  });

  it('are seen as two sessions from one address; the first is kept, or replaced, as the node says', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.items('import_image', 'ubuntu', storage.source);
    const made = await storage.words<Provisioned>('provision', 'node7', 'ubuntu');
    const login = await storage.login('node7', made);
    const show = (): Promise<Details> => storage.call<Details>('show_node', 'node7');

    await using first = await OpenDisk.connect(storage.portal, login);
    {
      await using second = await OpenDisk.connect(storage.portal, login);
      const both = await eventually(async () => {
        await first.use(1);
        await second.use(1);
        const details = await show();
        expect(details.alerts.map(({ kind }) => kind)).to.deep.equal(['session-conflict']);
        return details;
      }, 20_000);
      expect(both.connected).to.deep.equal(['127.0.0.1']);
      expect(both.sessions.map(({ address, initiator }) => [address, initiator])).to.deep.equal([
        ['127.0.0.1', login.initiator],
        ['127.0.0.1', login.initiator],
      ]);
      const [kept] = both.sessions.map(({ since }) => since).sort();

      await storage.words('provision', 'node7', 'ubuntu', '--on-conflict', 'keep');
      await eventually(async () => {
        await first.use(2);
        expect((await show()).sessions.map(({ since }) => since)).to.deep.equal([kept]);
      }, 20_000);
      await first.use(3);
    }
    await storage.words('provision', 'node7', 'ubuntu', '--on-conflict', 'replace');
    await eventually(async () => {
      const { sessions, alerts } = await show();
      expect([sessions.length, alerts.length], 'logins are accepted again').to.deep.equal([1, 0]);
    });
    const [before] = (await show()).sessions;
    await using third = await OpenDisk.connect(storage.portal, login);
    await eventually(async () => {
      const { sessions } = await show();
      expect(sessions).to.have.length(1);
      expect(sessions[0]?.since).to.not.equal(before?.since);
    }, 20_000);
    await third.use(4);
  });
});
