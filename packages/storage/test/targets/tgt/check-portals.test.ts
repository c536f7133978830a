import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';

import { bindFailure } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';

import { checkPortals } from '../../../src/targets/tgt/check-portals.js';
import { isSomeEnding } from '../../../src/targets/tgt/tgtd-process.js';

describe('checking that portals are free', () => {
  it('waits for a tgtd that was killed and has not let go of its portal yet', async () => {
    await using scratch = await Scratch.make();
    await symlink('/bin/true', scratch.file('tgtd'));
    // A process that has ended stays, with nothing but its name, until its parent asks how; this parent never does.
    const parent = spawn('sh', ['-c', `${scratch.file('tgtd')} & exec sleep 30`], { stdio: 'ignore' });
    const holder = createServer();
    try {
      await once(holder.listen(0, '127.0.0.1'), 'listening');
      const { port } = holder.address() as AddressInfo;
      await eventually(isSomeEnding);

      const checked = checkPortals(scratch.path, [`127.0.0.1:${String(port)}`]);
      await bindFailure({ host: '127.0.0.1', port }); // as long as its first try
      holder.close();
      await checked;
    } finally {
      holder.close();
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await eventually(async () => !(await isSomeEnding()));
    }
  });

  it('refuses one that another program has, without waiting', async () => {
    const holder = createServer();
    await once(holder.listen(0, '127.0.0.1'), 'listening');
    try {
      const portal = `127.0.0.1:${String((holder.address() as AddressInfo).port)}`;
      const { message } = await refusal(checkPortals('/nowhere', [portal]), 'PORTAL_UNAVAILABLE');
      expect(message).to.include(portal);
    } finally {
      holder.close();
    }
  });
});
