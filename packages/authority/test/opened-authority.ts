import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Caller, type Enrolment, localCaller, silentLog } from '@patchbay/objects';
import { enrolmentMessage, fingerprintOf, renewalMessage } from '@patchbay/objects/identity';
import { FakeClock } from '@patchbay/objects/testing';
import { formatBackup, openSqliteStore, readBackup, restoreBackup, type Store } from '@patchbay/store';

import { Authority } from '../src/authority.js';

export const local = localCaller('unix:/run/x');

/** Somebody who has proven nothing, from an address. */
export function stranger(peer = '10.0.0.9:5000'): Caller {
  return { peer, principal: 'anonymous', groups: [], roles: [] };
}

/** An authority in a directory of a test's own, on a clock that the test advances. */
export class OpenedAuthority implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly directory: string;
  authority!: Authority;
  store!: Store;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<OpenedAuthority> {
    const opened = new OpenedAuthority(await mkdtemp(join(tmpdir(), 'patchbay-authority-')));
    await opened.start();
    return opened;
  }

  get keyFile(): string {
    return join(this.directory, 'cluster.key');
  }

  /** @param wrap replaces the store, as by one that fails */
  async start({ create = true, wrap = (store: Store) => store } = {}): Promise<void> {
    const { directory, clock, keyFile } = this;
    this.store = wrap(await openSqliteStore({ directory, clock }));
    const createFor = create ? 'ns1' : undefined;
    const options = { store: this.store, clock, log: silentLog, keyFile, createFor };
    const authority = await Authority.open(options);
    if (authority === undefined) {
      throw new Error('the store has no authority');
    }
    this.authority = authority;
  }

  async stop(): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start({ create: false });
  }

  /** Returns what puts the store back to what it is now, as a backup does. */
  async backUp(): Promise<() => Promise<void>> {
    const path = join(this.directory, 'backup');
    await writeFile(path, await formatBackup(this.store));
    const backup = await readBackup(path);
    return async () => {
      await this.stop();
      await rm(join(this.directory, 'store.sqlite'));
      {
        await using store = await openSqliteStore({ directory: this.directory, clock: this.clock });
        await restoreBackup(backup, store);
      }
      await this.start({ create: false });
    };
  }

  /** Makes a token for a host. */
  async token(given: Partial<Parameters<Authority['tokens']['plan']>[0]> = {}): Promise<string> {
    const { records, tokens } = this.authority;
    const about = { kind: 'host', name: 'web1', groups: ['linux'], labels: { rack: '2' } } as const;
    const rights = { names: ['storage'], alternativeNames: [], needsApproval: false, replaces: false };
    const request = { ...about, ...rights, uses: 1, madeBy: 'local', ttlMs: 3_600_000, ...given };
    const made = await records.change(() =>
      tokens.plan({ ...request, groups: [...request.groups], names: [...request.names] }),
    );
    return made.token;
  }

  /** Makes a user, and the token of its first login. */
  async userToken(name: string, groups: readonly string[] = []): Promise<string> {
    return (await this.authority.users.create(name, groups, 3_600_000, 'local')).token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined); // a store that failed
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Ends the process at its nth commit: before it is written, or before it is known to be. */
export function dyingAt(nth: number, when: 'before' | 'after'): (store: Store) => Store {
  return (store) => {
    let commits = 0;
    return new Proxy(store, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (property === 'commit') {
          return async (...args: Parameters<Store['commit']>) => {
            commits += 1;
            if (commits < nth) {
              return target.commit(...args);
            }
            if (when === 'after' && commits === nth) {
              await target.commit(...args);
            }
            throw new Error('killed');
          };
        }
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
}

/** A key, and what its owner sends. */
export class Enroller {
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor(privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) {
    this.#privateKey = privateKey;
    this.publicKey = createPublicKey(privateKey);
  }

  get pem(): string {
    return this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  get fingerprint(): string {
    return fingerprintOf(this.publicKey);
  }

  sign(message: string): string {
    return sign('sha256', Buffer.from(message), this.#privateKey).toString('base64');
  }

  enrol(
    { enrolments, challenges }: Authority,
    {
      kind = 'host',
      token,
      name,
      names,
    }: { kind?: 'host' | 'user'; token?: string; name?: string; names?: readonly string[] },
    caller = token === undefined ? local : stranger(),
  ): Promise<Enrolment> {
    const challenge = challenges.make(caller.peer);
    const parts = { challenge, kind, name, token, fingerprint: this.fingerprint };
    const signature = this.sign(enrolmentMessage({ ...parts, sealingFingerprint: undefined }));
    return enrolments.enrol(caller, { kind, publicKey: this.pem, challenge, signature, name, token, names });
  }

  renew(
    { enrolments, challenges }: Authority,
    name: string,
    { kind = 'host', caller = stranger() }: { kind?: 'host' | 'user'; caller?: Caller } = {},
  ): Promise<Enrolment> {
    const challenge = challenges.make(caller.peer);
    const { pem, fingerprint } = this;
    const signature = this.sign(renewalMessage({ challenge, kind, name, fingerprint }));
    return enrolments.renew(caller, { kind, name, publicKey: pem, challenge, signature });
  }
}
