import { expect } from 'chai';
import { join } from 'node:path';

import { silentLog } from '@patchbay/objects';
import { diskTroubles, refusal, requireTools, SmallDisk } from '@patchbay/objects/testing';

import { isServing, openStateDirectory } from '../src/state-directory.js';

describe('A state directory on a disk that cannot be written', () => {
  before(function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
    requireTools(this, 'flock');
  });

  for (const { title, strike } of diskTroubles) {
    it(`is opened and locked where it is ${title}, with the identity that it had`, async () => {
      await using disk = await SmallDisk.mount();
      const path = join(disk.path, 'state');
      const before = await openStateDirectory(path, silentLog);
      expect(await isServing(path)).to.equal(true);
      await before.close();
      strike(disk);
      const after = await openStateDirectory(path, silentLog);
      try {
        expect(after.serverId).to.equal(before.serverId);
        await refusal(openStateDirectory(path, silentLog), 'STATE_DIRECTORY_LOCKED');
      } finally {
        await after.close();
      }
    });
  }
});
