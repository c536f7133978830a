import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { connectTo } from '@patchbay/grpc/client';
import { eventually, freePort, requireTools } from '@patchbay/objects/testing';

import { run, scratchDirectory, start } from './programs.js';

describe('A daemon whose log has no disk space', function () {
  this.timeout(60_000);
  before(function () {
    requireTools(this, 'mount', 'umount');
  });

  it('goes on serving, says once it can how much was lost, and leaves no torn line', async () => {
    await using directory = await scratchDirectory();
    const disk = join(directory.path, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]);
    const log = join(disk, 'nameserver.log');
    const address = `127.0.0.1:${String(await freePort())}`;
    const config = join(directory.path, 'nameserver.yaml');
    await writeFile(
      config,
      `listen: '${address}'\ninsecure: true\nstateDir: '${directory.path}/state'\nlog: { file: '${log}' }\n`,
    );
    const daemon = start('nameserver', ['start', '--config', config]);
    try {
      const ping = async (): Promise<boolean> =>
        (await run('nameserver', ['ping', '--name-server', address])).status === 0;
      await eventually(ping, 20_000);
      await writeFile(join(disk, 'filler'), Buffer.alloc(1024 * 1024)).catch((error: unknown) => {
        expect(error).to.have.property('code', 'ENOSPC');
      });
      const before = await readFile(log, 'utf8');
      await using client = connectTo(address);
      // Each is two lines or more: first they fill the page of memory that the file has, then they find no room.
      for (let reloads = 0; reloads < 50; reloads += 1) {
        daemon.child.kill('SIGHUP');
        await client.describe('nameserver');
      }
      expect(daemon.child.exitCode).to.equal(null);
      expect((await readFile(log)).length).to.be.below(5_000);
      await rm(join(disk, 'filler'));
      await eventually(async () => {
        daemon.child.kill('SIGHUP');
        return (await readFile(log, 'utf8')).includes('log lines were lost');
      });
      const after = await readFile(log, 'utf8');
      expect(after.startsWith(before)).to.be.true;
      const messages = after
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { message: string }).message);
      expect(messages.slice(0, 2)).to.deep.equal([
        'insecure: everybody who can connect by TCP is an admin, and nothing is encrypted',
        'name server is ready',
      ]);
      daemon.child.kill('SIGTERM');
      expect((await daemon.ended).status).to.equal(0);
    } finally {
      daemon.child.kill('SIGKILL');
      await daemon.ended;
      execFileSync('umount', [disk]);
    }
  });
});
