import { expect } from 'chai';

import { defaultListen } from '../src/default-listen.js';
import { findNameServer } from '../src/naming/find-name-server.js';
import { prepareSocketFile } from '../src/socket-file.js';
import { writeFile } from 'node:fs/promises';
import { Scratch } from '../src/testing/scratch.js';

describe('Where a daemon listens by default', () => {
  let scratch: Scratch;

  beforeEach(async () => {
    scratch = await Scratch.make();
  });
  afterEach(() => scratch.close());

  it("is a socket in the system's directory as root, and in the user's otherwise", () => {
    const runDirectory = scratch.file('run');
    const environment = { XDG_RUNTIME_DIR: scratch.file('user') };
    expect(defaultListen('nameserver', { uid: 0, environment, runDirectory })).to.equal(
      `unix:${runDirectory}/patchbay/nameserver/socket`,
    );
    expect(defaultListen('rpcserver', { uid: 1000, environment, runDirectory })).to.equal(
      `unix:${scratch.file('user')}/patchbay/rpcserver/socket`,
    );
  });

  it('is loopback where no socket can be made', () => {
    expect(defaultListen('nameserver', { uid: 1000, environment: {} })).to.equal('127.0.0.1:7440');
    expect(defaultListen('rpcserver', { uid: 1000, environment: { XDG_RUNTIME_DIR: 'relative' } })).to.equal(
      '127.0.0.1:7441',
    );
    expect(defaultListen('rpcserver', { uid: 0, runDirectory: '/proc/self/status' })).to.equal(
      '127.0.0.1:7441',
    );
  });

  it('is where clients look for a name server', async () => {
    for (const [uid, options] of [
      [0, { environment: {}, runDirectory: scratch.file('run') }],
      [1000, { environment: { XDG_RUNTIME_DIR: scratch.file('user') }, runDirectory: scratch.file('none') }],
    ] as const) {
      const address = defaultListen('nameserver', { uid, ...options });
      const path = address.replace('unix:', '');
      await prepareSocketFile(path);
      await writeFile(path, '');
      expect(findNameServer(undefined, { ...options, systemDirectory: scratch.file('etc') })).to.equal(
        address,
      );
    }
  });
});
