import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

import { FakeClock, RecordingLog, refusal, refusalOf, Scratch } from '@patchbay/objects/testing';
import type { TlsFiles } from '@patchbay/objects/identity';

import { CurrentIdentity, type Identity, PkiIdentity, readPkiIdentity } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';
import { connectTls, type Mirror, startMirror, TestPolicy } from './scene.js';

/** Writes what a PKI hands out, and returns where. */
function write(scratch: Scratch, { certificate, privateKey, roots }: Identity, folder = 'pki'): TlsFiles {
  mkdirSync(scratch.file(folder), { recursive: true });
  const files = {
    certificate: scratch.file(folder, 'cert.pem'),
    key: scratch.file(folder, 'key.pem'),
    roots: scratch.file(folder, 'roots.pem'),
  };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, privateKey, { mode: 0o600 });
  writeFileSync(files.roots, roots.join(''));
  return files;
}

const hourMs = 3_600_000;
const uri = 'URI:spiffe://c1/host/h1';

describe('An identity of a PKI of one’s own', () => {
  const authority = new TestAuthority();
  const stranger = new TestAuthority();
  const host = authority.identity('host/h1');
  let scratch: Scratch;
  let files: TlsFiles;

  beforeEach(async () => {
    scratch = await Scratch.make();
    files = write(scratch, host);
  });
  afterEach(() => scratch.close());
  after(() => {
    authority[Symbol.dispose]();
    stranger[Symbol.dispose]();
  });

  it('is whom the SPIFFE ID of the certificate names', () => {
    const { kind, name, cluster, roots } = readPkiIdentity(files, ['host'], Date.now());
    expect({ kind, name, cluster, roots }).to.deep.equal({
      ...{ kind: 'host', name: 'h1', cluster: 'c1' },
      roots: [host.roots[0]],
    });
  });

  it('may have a trust domain with dots, text around PEM, and a key that root’s group may read', () => {
    using corporate = new TestAuthority('prod.example_1.org');
    const own = corporate.identity('host/h1');
    write(scratch, own);
    writeFileSync(files.roots, `# ours\n${host.roots.join('')}# theirs\n${own.roots.join('')}`);
    chmodSync(files.key, 0o640);
    const read = (): string => readPkiIdentity(files, ['host'], Date.now()).cluster;
    expect(process.geteuid?.() === 0 ? read() : corporate.cluster).to.equal('prod.example_1.org');
    chmodSync(files.key, 0o600);
    expect(read()).to.equal('prod.example_1.org');
  });

  const put = (own: () => Partial<Identity>) => (): void => {
    write(scratch, { ...host, ...own() });
  };
  const isRoot = process.geteuid?.() === 0;
  type Refused = [what: string, spoil: () => void, reason: string, says: RegExp];
  const refused: readonly Refused[] = [
    [
      'two URIs',
      put(() => authority.issue({ names: [uri, 'URI:spiffe://c1/host/h2'] })),
      'CONFIG_INVALID',
      /h1, URI:spiffe:\/\/c1\/host\/h2.* exactly one URI/,
    ],
    ['no URI', put(() => authority.issue({ names: ['DNS:h1'] })), 'CONFIG_INVALID', /DNS:h1.*one URI/],
    ['no alternative name', put(() => authority.issue({})), 'CONFIG_INVALID', /no alternative name/],
    ['the URI of a user', put(() => authority.identity('user/h1')), 'CONFIG_INVALID', /user\/h1.*host\/NAME/],
    [
      'a right URI of a foreign root',
      put(() => stranger.issue({ names: [uri] })),
      'CONFIG_INVALID',
      /issued by .* which none of the roots is/,
    ],
    [
      'a right URI that it signed itself',
      put(() => authority.selfSigned('spiffe://c1/host/h1')),
      'CONFIG_INVALID',
      /none of the roots/,
    ],
    [
      'a time that is over',
      put(() => authority.issue({ names: [uri], endsAtMs: Date.now() - hourMs })),
      'CONFIG_INVALID',
      /ended at \S+Z, and this clock says \S+Z/,
    ],
    [
      'a time that is yet to come',
      put(() => authority.issue({ names: [uri], beginsAtMs: Date.now() + hourMs })),
      'CONFIG_INVALID',
      /begins at \S+Z, and this clock/,
    ],
    [
      'another key',
      put(() => ({ privateKey: authority.issue({ names: [uri] }).privateKey })),
      'CONFIG_INVALID',
      /not that of the certificate/,
    ],
    [
      'a key with a passphrase',
      () => {
        const locked = scratch.file('locked');
        execFileSync('openssl', ['pkey', '-in', files.key, '-aes128', '-passout', 'pass:x', '-out', locked]);
        renameSync(locked, files.key);
        chmodSync(files.key, 0o600);
      },
      'CONFIG_INVALID',
      /none in PEM without a passphrase/,
    ],
    [
      'no key',
      () => {
        rmSync(files.key);
      },
      'CONFIG_INVALID',
      /there is no private key at/,
    ],
    [
      'no roots',
      () => {
        rmSync(files.roots);
      },
      'CONFIG_INVALID',
      /there is no roots at/,
    ],
    [
      'empty roots',
      () => {
        writeFileSync(files.roots, '# none\n');
      },
      'CONFIG_INVALID',
      /must have certificates/,
    ],
    [
      'roots with a damaged one among them',
      () => {
        const junk = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
        writeFileSync(files.roots, host.roots.join('') + junk);
      },
      'CONFIG_INVALID',
      /a certificate in .* is damaged/,
    ],
    [
      'roots that were cut off',
      () => {
        writeFileSync(files.roots, `${host.roots.join('')}-----BEGIN CERTIFICATE-----\nMIIB`);
      },
      'CONFIG_INVALID',
      /must have certificates in PEM/,
    ],
    [
      'a key among the roots',
      () => {
        writeFileSync(files.roots, host.roots.join('') + host.privateKey);
      },
      'CONFIG_INVALID',
      /no keys/,
    ],
    [
      'a root that may issue nothing',
      () => {
        writeFileSync(files.roots, host.certificate);
      },
      'CONFIG_INVALID',
      /may issue no certificate/,
    ],
    [
      'a certificate of 1 MiB',
      () => {
        writeFileSync(files.certificate, host.certificate + '#'.repeat(1024 * 1024));
      },
      'IDENTITY_FILE_UNSAFE',
      /more than the 65536 of any certificate/,
    ],
    [
      'more than 1 MiB of roots',
      () => {
        writeFileSync(files.roots, host.roots.join('').repeat(2000));
      },
      'IDENTITY_FILE_UNSAFE',
      /more than the 1048576/,
    ],
    [
      'a key that all may read',
      () => {
        chmodSync(files.key, 0o644);
      },
      'IDENTITY_FILE_UNSAFE',
      /mode 644/,
    ],
    [
      'roots that others may write',
      () => {
        chmodSync(files.roots, 0o666);
      },
      'IDENTITY_FILE_UNSAFE',
      /mode 666/,
    ],
    [
      'a certificate that others may write',
      () => {
        chmodSync(files.certificate, 0o664);
      },
      'IDENTITY_FILE_UNSAFE',
      /mode 664.*chmod go-w/,
    ],
    [
      'a directory',
      () => {
        rmSync(files.key);
        mkdirSync(files.key);
      },
      'IDENTITY_FILE_UNSAFE',
      /not a file/,
    ],
    [
      'a pipe that nobody writes',
      () => {
        rmSync(files.key);
        execFileSync('mkfifo', ['-m', '600', files.key]);
      },
      'IDENTITY_FILE_UNSAFE',
      /not a file/,
    ],
    ...(isRoot
      ? ([
          [
            'a key of another user',
            () => {
              chownSync(files.key, 4711, 4711);
            },
            'IDENTITY_FILE_UNSAFE',
            /belongs to the user with the id 4711/,
          ],
          [
            'a link to a key of another user',
            () => {
              renameSync(files.key, scratch.file('theirs'));
              chownSync(scratch.file('theirs'), 4711, 4711);
              symlinkSync(scratch.file('theirs'), files.key);
            },
            'IDENTITY_FILE_UNSAFE',
            /belongs to the user/,
          ],
        ] satisfies Refused[])
      : []),
  ];
  for (const [what, spoil, reason, says] of refused) {
    it(`is refused with ${what}`, () => {
      spoil();
      const error = refusalOf(() => readPkiIdentity(files, ['host'], Date.now()));
      expect(error.reason).to.equal(reason);
      expect(error.message).to.match(says);
    });
  }

  describe('while it is in use', () => {
    let clock: FakeClock;
    let log: RecordingLog;
    let identity: PkiIdentity;
    const renewed = (id = 'host/h1'): Identity => authority.identity(id, { privateKey: host.privateKey });

    beforeEach(() => {
      clock = new FakeClock(Date.now());
      log = new RecordingLog();
      identity = PkiIdentity.open(files, { kinds: ['host'], clock, log });
    });
    afterEach(() => identity[Symbol.asyncDispose]());

    const warnings = (): string[] =>
      log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => String(fields.why));

    it('is read again when its files change', async () => {
      const next = renewed();
      write(scratch, next);
      await clock.advance(5_000);
      expect(identity.current.certificate).to.equal(next.certificate);
      expect(log.lines.map(({ message }) => message)).to.deep.equal([
        'put changed certificate files in force',
      ]);
    });

    it('is read again when a link leads to other files, as tools for certificates leave them', async () => {
      const next = renewed();
      renameSync(scratch.file('pki'), scratch.file('first'));
      write(scratch, next, 'second');
      symlinkSync('first', scratch.file('pki'));
      await clock.advance(5_000);
      expect(identity.current.certificate).to.equal(host.certificate);
      symlinkSync('second', scratch.file('next'));
      renameSync(scratch.file('next'), scratch.file('pki'));
      await clock.advance(5_000);
      expect(identity.current.certificate).to.equal(next.certificate);
    });

    it('stays what it was while the files are broken, says so once, and takes the next good ones', async () => {
      const [next, other] = [renewed(), authority.identity('host/h1')];
      writeFileSync(files.certificate, other.certificate); // its key comes later
      await clock.advance(20_000);
      expect(identity.current.certificate).to.equal(host.certificate);
      expect(warnings())
        .to.have.length(1)
        .and.to.match(/is not that of the certificate/);
      expect(refusalOf(() => identity.reload()).reason).to.equal('CONFIG_INVALID');
      writeFileSync(files.key, other.privateKey);
      await clock.advance(5_000);
      expect(identity.current.certificate).to.equal(other.certificate);
      write(scratch, next);
      expect(identity.reload()).to.equal(true);
      expect(identity.reload()).to.equal(false);
      expect(identity.current.certificate).to.equal(next.certificate);
    });

    it('is not taken from files of somebody else, or that others could write', async () => {
      write(scratch, renewed('host/h2'));
      await clock.advance(5_000);
      write(scratch, renewed());
      chmodSync(files.key, 0o604);
      await clock.advance(5_000);
      expect(identity.current).to.include({ name: 'h1', certificate: host.certificate });
      expect(warnings().join('\n')).to.match(/host\/h2, no longer that of .*host\/h1.*\n.*mode 604/s);
    });

    it('is renewed once there are other files, and says until when they are good', async () => {
      expect((await refusal(identity.renew(), 'CONFIG_INVALID')).message).to.match(
        /still have the certificate/,
      );
      write(scratch, renewed());
      const { remainingMs, lifetimeMs } = await identity.renew();
      expect(remainingMs).to.be.within(23 * hourMs, 24 * hourMs);
      expect(lifetimeMs).to.be.within(47 * hourMs, 49 * hourMs);
    });
  });

  it('is replaced under load without a session that is lost, and a root that goes takes its sessions along', async function () {
    this.timeout(30_000);
    const policy = new TestPolicy();
    const alice = authority.identity('user/alice');
    const bob = stranger.issue({ names: ['URI:spiffe://c1/user/bob'] });
    policy.add(alice);
    policy.add({ kind: 'user', name: 'bob', privateKey: bob.privateKey });
    const both = [...host.roots, ...stranger.identity('host/x').roots];
    write(scratch, { ...host, roots: both });
    await using identity = PkiIdentity.open(files, { kinds: ['host'] });
    await using server = await startMirror(identity, policy);
    await using client = connectTls(server.address, new CurrentIdentity(alice));
    await using others = connectTls(server.address, { cluster: 'c1', roots: both, ...bob });
    const theirs = others.proxy<Mirror>('mirror');
    expect(await theirs.read()).to.equal('seen');
    const waiting = client.proxy<Mirror>('mirror').wait();
    waiting.catch(() => undefined); // ends with the client
    let isOver = false;
    let calls = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:alice');
        calls += 1;
      }
    });
    for (let round = 0; round < 10; round += 1) {
      const next = authority.identity('host/h1');
      write(scratch, { ...next, roots: both });
      expect(identity.reload()).to.equal(true);
      server.server.reidentify();
      await using fresh = connectTls(server.address, new CurrentIdentity(alice));
      expect(await fresh.proxy<Mirror>('mirror').read()).to.equal('seen');
      expect(readFileSync(files.certificate, 'utf8')).to.equal(next.certificate);
    }
    expect(await theirs.read()).to.equal('seen');
    writeFileSync(files.roots, host.roots.join(''));
    identity.reload();
    server.server.reidentify();
    const { reason } = await refusal(theirs.read());
    expect(reason).to.equal('CERTIFICATE_FOREIGN');
    isOver = true;
    await Promise.all(load);
    expect(calls).to.be.above(10);
  });
});
