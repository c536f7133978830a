import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '@patchbay/objects/testing';

import { run, scratchDirectory } from './programs.js';

describe('The command check-config', function () {
  this.timeout(60_000);

  it("of nameserver tells each problem in a line, and takes the options' values as start does", async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, 'nameserver.yaml');
    await writeFile(file, 'stateDir: ./state\n');
    expect(await run('nameserver', ['check-config', file])).to.deep.equal({
      status: 0,
      stdout: `${file} is fine\n`,
      stderr: '',
    });
    await writeFile(file, 'listne: 127.0.0.1:7440\nsendStacks: perhaps\n');
    const { status, stdout, stderr } = await run('nameserver', ['check-config', file]);
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n').sort()).to.deep.equal([
      'error: INVALID_ARGUMENT CONFIG_INVALID: nameserver.yaml:1: listne: unknown key; did you mean "listen"?',
      'error: INVALID_ARGUMENT CONFIG_INVALID: nameserver.yaml:1: stateDir: is required; give --state-dir DIR',
      'error: INVALID_ARGUMENT CONFIG_INVALID: nameserver.yaml:2: sendStacks: must be true or false, not a string',
    ]);
  });

  it('of nameserver tells what the start would find of its host, in the same words', async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, 'nameserver.yaml');
    await writeFile(file, `listen: 192.0.2.1:7440\ninsecure: network\nstateDir: ${file}/state\n`);
    const outcome = await run('nameserver', ['check-config', file]);
    expect(outcome.stderr.trimEnd().split('\n')).to.deep.equal([
      `error: INVALID_ARGUMENT CONFIG_INVALID: nameserver.yaml:3: stateDir: the state directory ${file}/state cannot be used: not a directory`,
      'error: FAILED_PRECONDITION LISTEN_FAILED: nameserver.yaml:1: listen: cannot listen on 192.0.2.1:7440: not an address of this host; give an address that this host has',
    ]);
    expect(await run('nameserver', ['start', '--config', file])).to.deep.equal(outcome);
  });

  it('of rpcserver has the storage object check its options, and finds where in the file they are', async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, 'rpcserver.yaml');
    await writeFile(
      file,
      `stateDir: ./state
objects:
  - name: storage
    module: '@patchbay/storage'
    options:
      pool: pool
      portal: here
`,
    );
    const { status, stderr } = await run('rpcserver', ['check-config', file]);
    expect(status).to.equal(2);
    expect(stderr).to.match(
      /CONFIG_INVALID: rpcserver\.yaml:6: objects\[0\]\.options\.pool: must be an absolute path/,
    );
    expect(stderr).to.match(
      /CONFIG_INVALID: rpcserver\.yaml:7: objects\[0\]\.options\.portal: must be an IP address and a port/,
    );
  });

  it('of rpcserver finds a port that two of its objects listen on', async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, 'rpcserver.yaml');
    const port = await freePort();
    const object = (name: string): string => `
  - name: ${name}
    module: '@patchbay/storage'
    options:
      pool: ${join(directory.path, name)}
      portal: 127.0.0.1:${String(port)}`;
    await writeFile(file, `stateDir: ./state\nobjects:${object('one')}${object('two')}\n`);
    const { status, stderr } = await run('rpcserver', ['check-config', file]);
    expect(status).to.equal(2);
    expect(stderr).to.match(
      /^error: \S+ CONFIG_INVALID: rpcserver\.yaml:12: objects\[1\]\.options\.portal: portal of the object "one" listens on \S+, too; choose another port\n$/,
    );
  });
});
