import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { Authority, holdMs, type Issue } from '@patchbay/authority';
import {
  CurrentIdentity,
  type Identity,
  PkiIdentity,
  readPkiIdentity,
  RenewalLoop,
  type TlsFiles,
} from '@patchbay/grpc/secure';
import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';
import { machineName } from '@patchbay/objects/identity';
import type { Store } from '@patchbay/store';

/** How long at most until it is looked at whether a grant has ended, in milliseconds. */
const checkMs = 60_000;

/** What an authority and its name server's own certificate need. */
export interface OwnIdentityOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly stateDir: string;
  /** Whether to make an authority where the store has none, and under which name of the name server. */
  readonly create?: boolean | { readonly name: string } | undefined;
  /** The files of a certificate of a PKI of one's own, which issues all others too. Default: the authority issues. */
  readonly tls?: TlsFiles | undefined;
  /** Whether the name server shows a certificate, as it does by TLS. Default: true. */
  readonly certify?: boolean;
  /** Called when its certificate is about to end unrenewed, and when it no longer is. */
  readonly onHealth?: (isHealthy: boolean) => void;
}

/** Returns the file that has the cluster key: the credential that systemd passes, if it does, else that of the state directory. */
export function clusterKeyFile(
  stateDir: string,
  { CREDENTIALS_DIRECTORY: credentials = '' }: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const passed = join(credentials, 'cluster.key');
  return isAbsolute(credentials) && existsSync(passed) ? passed : join(stateDir, 'cluster.key');
}

/** Checks the files of a PKI of one's own as a start would. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
export function checkTls(tls: TlsFiles): void {
  readPkiIdentity(tls, ['nameserver'], Date.now());
}

/** What a name server is called where the machine's name cannot be its own. */
export const unnamed = 'nameserver';

/** The certificate of a name server, and how another one is had. */
interface OwnCertificate {
  readonly current: CurrentIdentity;
  readonly renew: () => Promise<Pick<Issue['validity'], 'remainingMs' | 'lifetimeMs'>>;
}

/**
 * The authority of a name server, and its own certificate, which it renews by itself. Its key is drawn at each start and
 * never written: clients know it by who issued the certificate. With a PKI of one's own both are read from files.
 */
export class OwnIdentity implements AsyncDisposable {
  readonly authority: Authority;
  /** Undefined where it shows no certificate. */
  readonly current: CurrentIdentity | undefined;
  readonly #pki: PkiIdentity | undefined;
  readonly #tasks: readonly AsyncDisposable[];

  private constructor(
    authority: Authority,
    own: OwnCertificate | undefined,
    pki: PkiIdentity | undefined,
    tasks: readonly AsyncDisposable[],
  ) {
    this.authority = authority;
    this.current = own?.current;
    this.#pki = pki;
    this.#tasks = tasks;
  }

  /**
   * Opens the authority in a store, if it has one or is to have one.
   *
   * @throws RpcError `CLUSTER_KEY_MISSING`, `CLUSTER_KEY_WRONG`, and with files `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
   */
  static async open(options: OwnIdentityOptions): Promise<OwnIdentity | undefined> {
    const { tls, clock, log } = options;
    const pki = tls && PkiIdentity.open(tls, { kinds: ['nameserver'], clock, log });
    try {
      return await OwnIdentity.#open(options, pki);
    } catch (error) {
      await pki?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #open(
    {
      store,
      clock,
      log,
      stateDir,
      create = false,
      certify = true,
      onHealth = () => undefined,
    }: OwnIdentityOptions,
    pki: PkiIdentity | undefined,
  ): Promise<OwnIdentity | undefined> {
    const named = pki?.current.name ?? (typeof create === 'object' ? create.name : machineName(unnamed));
    const authority = await Authority.open({
      ...{ store, clock, log, keyFile: clusterKeyFile(stateDir) },
      createFor: pki === undefined && create === false ? undefined : named,
      pki: pki && { cluster: pki.current.cluster, roots: () => pki.current.roots },
    });
    if (authority === undefined) {
      return undefined;
    }
    const issued = certify && pki === undefined ? await issuedBy(authority) : undefined;
    const own = pki === undefined ? issued : { current: pki, renew: () => pki.renew() };
    const renewing =
      own && RenewalLoop.start({ identity: own.current, clock, log, onHealth, renew: own.renew });
    const expiring = PeriodicTask.start({
      clock,
      background: true,
      run: () => {
        authority.policy.expire();
        // By the wall clock, which may be set: not for longer than a minute.
        return Promise.resolve(Math.min(Math.max(authority.policy.nextEndMs - clock.now(), 1), checkMs));
      },
    });
    const rotating = PeriodicTask.start({
      clock,
      background: true,
      run: () => authority.rotation.advance(),
      onFailure: (error) => {
        log.warn('cannot take the next step of a rotation; trying again', { error });
        return checkMs;
      },
    });
    const holding = PeriodicTask.start({
      clock,
      background: true,
      delayMs: authority.isHeld ? holdMs : 0,
      run: async () => {
        await (authority.isHeld ? authority.endHold() : undefined);
        return undefined;
      },
      onFailure: () => holdMs,
    });
    let roots = authority.roots.join();
    authority.policy.onChange(() => {
      void expiring.wake();
      if (roots !== authority.roots.join()) {
        roots = authority.roots.join();
        void rotating.wake();
        void renewing?.renewNow(); // what is in force has the former roots, and maybe a certificate of one of them
      }
    });
    return new OwnIdentity(authority, own, pki, [
      rotating,
      ...(renewing === undefined ? [] : [renewing]),
      expiring,
      holding,
      ...(pki === undefined ? [] : [pki]),
    ]);
  }

  /** Reads the files of a PKI of one's own again, if it has any. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
  reload(): void {
    this.#pki?.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task[Symbol.asyncDispose]()));
  }
}

/** Draws a key, and lets the authority issue its certificate. */
async function issuedBy(authority: Authority): Promise<OwnCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const first = await issueOwn(authority, publicKey, privateKey);
  const current = new CurrentIdentity(first.identity);
  const renew = async (): Promise<Issue['validity']> => {
    const next = await issueOwn(authority, publicKey, privateKey);
    current.replace(next.identity);
    return next.validity;
  };
  return { current, renew };
}

async function issueOwn(
  authority: Authority,
  publicKey: KeyObject,
  privateKey: KeyObject,
): Promise<{ readonly identity: Identity; readonly validity: Issue['validity'] }> {
  const name = authority.nameServer;
  const { validity } = await authority.issueNameServer(name, publicKey);
  const identity: Identity = {
    cluster: authority.cluster,
    kind: 'nameserver',
    name,
    nameServers: [],
    roots: authority.roots,
    certificate: validity.certificate,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  return { identity, validity };
}
