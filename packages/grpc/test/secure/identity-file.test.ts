import { expect } from 'chai';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { refusalOf } from '@patchbay/objects/testing';

import { type Identity, openIdentity, readIdentityFile, writeIdentityFile } from '../../src/secure/index.js';

const identity: Identity = {
  cluster: 'c1',
  kind: 'host',
  name: 'h1',
  nameServers: ['10.0.0.1:7440'],
  privateKey: 'key',
  certificate: 'certificate',
  roots: ['root'],
};

describe('The file of an identity', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-identity-'));
    path = join(folder, 'identity.json');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read as it was written, by its owner alone, and nothing is left beside it', () => {
    writeIdentityFile(path, identity);
    expect(readIdentityFile(path)).to.deep.equal(identity);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.deep.equal(['identity.json']);
  });

  for (const umask of [0o000, 0o777]) {
    it(`is for its owner alone where the umask is ${umask.toString(8)}`, () => {
      const before = process.umask(umask);
      try {
        writeIdentityFile(path, identity);
      } finally {
        process.umask(before);
      }
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      expect(readIdentityFile(path)).to.deep.equal(identity);
    });
  }

  it('is not there before anybody has joined', () => {
    expect(readIdentityFile(path)).to.equal(undefined);
    expect(openIdentity(path)).to.equal(undefined);
  });

  it('is no identity to act by until there is a certificate', () => {
    const { certificate, ...pending } = identity;
    writeIdentityFile(path, pending);
    expect([readIdentityFile(path), certificate]).to.deep.equal([pending, 'certificate']);
    expect(openIdentity(path)).to.equal(undefined);
  });

  it('follows the identity in force: file first, then listeners', () => {
    writeIdentityFile(path, identity);
    const current = openIdentity(path);
    const seen: unknown[] = [];
    const stop = current?.onChange(({ certificate }) => {
      seen.push(certificate, readIdentityFile(path)?.certificate);
    });
    current?.replace({ ...identity, certificate: 'next' });
    stop?.();
    current?.replace({ ...identity, certificate: 'last' });
    expect(seen).to.deep.equal(['next', 'next']);
    expect(readIdentityFile(path)?.certificate).to.equal('last');
  });

  const write = (content: string) => (): void => {
    writeFileSync(path, content);
  };
  const spoilt: readonly [what: string, spoil: () => void, why: RegExp][] = [
    [
      'that others may read',
      () => {
        chmodSync(path, 0o640);
      },
      /others may read or write it \(mode 640\)/,
    ],
    ['that is damaged', write('{"cluster":'), /it is damaged/],
    ['without a key', write(JSON.stringify({ ...identity, privateKey: 1 })), /"privateKey"/],
    ['of another kind', write(JSON.stringify({ ...identity, kind: 'root' })), /"name"/],
    [
      'that is a link',
      () => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
      /symbolic link/,
    ],
  ];
  for (const [what, spoil, why] of spoilt) {
    it(`is refused when it is one ${what}`, () => {
      writeIdentityFile(path, identity);
      spoil();
      const error = refusalOf(() => readIdentityFile(path));
      expect(error.reason).to.equal('IDENTITY_FILE_UNSAFE');
      expect(error.message).to.match(why);
    });
  }
});
