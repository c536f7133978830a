import { expect } from 'chai';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';

import { Scratch } from '@patchbay/objects/testing';

import { socketFailure } from '../../../src/client/http2/socket-failure.js';

describe('A socket file that may not be opened', () => {
  const denied = Object.assign(new Error('connect EACCES'), { code: 'EACCES' });
  const isRoot = process.getuid?.() === 0;
  const gid = isRoot ? 1 : (process.getgid?.() ?? 0);
  let scratch: Scratch;
  let path: string;

  beforeEach(async () => {
    scratch = await Scratch.make();
    path = scratch.file('socket');
    writeFileSync(path, '');
    for (const each of [scratch.path, path]) {
      chownSync(each, process.getuid?.() ?? 0, gid);
    }
  });
  afterEach(() => scratch.close());

  const group = (): string =>
    readFileSync('/etc/group', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, , id]) => id === String(gid))?.[0] ?? `with the id ${String(gid)}`;

  it('names the group that may open its directory', () => {
    chmodSync(scratch.path, 0o750);
    expect(socketFailure(path, denied, (each) => each !== scratch.path && each !== path)).to.equal(
      `permission denied: members of the group ${group()} may open ${scratch.path}; join it and log in again, or call as root`,
    );
  });

  it('names the owner where no group may open it', () => {
    chmodSync(path, 0o600);
    const owner = isRoot ? 'root' : `the user with the id ${String(process.getuid?.())}`;
    expect(socketFailure(path, denied, (each) => each !== path)).to.equal(
      `permission denied: ${owner} alone may open ${path}; call as that user`,
    );
  });

  it('is told of in the words of the system where nothing is closed', () => {
    expect(socketFailure(path, denied)).to.equal('permission denied');
  });
});
