import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { Authority, type Issue } from '@patchbay/authority';
import { CurrentIdentity, type Identity, RenewalLoop } from '@patchbay/grpc/secure';
import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';
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
  /** Called when its certificate is about to end unrenewed, and when it no longer is. */
  readonly onHealth?: (isHealthy: boolean) => void;
}

/** Returns the file of a state directory that has the cluster key. */
export function clusterKeyFile(stateDir: string): string {
  return join(stateDir, 'cluster.key');
}

/** Returns the name that this machine gives a name server. */
export function defaultName(host = hostname()): string {
  const [label = ''] = host.toLowerCase().split('.', 1);
  const name = label
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63);
  return name === '' ? 'nameserver' : name;
}

/**
 * The authority of a name server, and its own certificate, which it renews by itself. Its key is drawn at each start and
 * never written: clients know it by who issued the certificate.
 */
export class OwnIdentity implements AsyncDisposable {
  readonly authority: Authority;
  readonly current: CurrentIdentity;
  readonly #tasks: readonly AsyncDisposable[];

  private constructor(authority: Authority, current: CurrentIdentity, tasks: readonly AsyncDisposable[]) {
    this.authority = authority;
    this.current = current;
    this.#tasks = tasks;
  }

  /**
   * Opens the authority in a store, if it has one or is to have one.
   *
   * @throws RpcError `CLUSTER_KEY_MISSING`, `CLUSTER_KEY_WRONG`
   */
  static async open({
    store,
    clock,
    log,
    stateDir,
    create,
    onHealth = () => undefined,
  }: OwnIdentityOptions): Promise<OwnIdentity | undefined> {
    const named = typeof create === 'object' ? create.name : defaultName();
    const createFor = create === undefined || create === false ? undefined : named;
    const keyFile = clusterKeyFile(stateDir);
    const authority = await Authority.open({ store, clock, log, keyFile, createFor });
    if (authority === undefined) {
      return undefined;
    }
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const first = await issueOwn(authority, publicKey, privateKey);
    const current = new CurrentIdentity(first.identity);
    const renewing = RenewalLoop.start({
      identity: current,
      clock,
      log,
      onHealth,
      renew: async () => {
        const next = await issueOwn(authority, publicKey, privateKey);
        current.replace(next.identity);
        return next.validity;
      },
    });
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
    let roots = authority.roots.join();
    authority.policy.onChange(() => {
      void expiring.wake();
      if (roots !== authority.roots.join()) {
        roots = authority.roots.join();
        void rotating.wake();
        void renewing.renewNow(); // what is in force has the former roots, and maybe a certificate of one of them
      }
    });
    return new OwnIdentity(authority, current, [rotating, renewing, expiring]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task[Symbol.asyncDispose]()));
  }
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
