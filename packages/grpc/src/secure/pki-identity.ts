import { X509Certificate } from 'node:crypto';

import { type Clock, coreError, type Log, silentLog, systemClock } from '@patchbay/objects';
import {
  checkIssuer,
  FollowedFiles,
  formatSpiffeId,
  type IdentityKind,
  readCertificate,
  readRoots,
  type TlsFiles,
} from '@patchbay/objects/identity';

import { spiffeIdIn, timeOf } from './certificate.js';
import { CurrentIdentity } from './identity.js';
import type { Identity } from './trust.js';

/** What an identity of a PKI of one's own needs. */
export interface PkiIdentityOptions {
  /** What it has to be the certificate of. */
  readonly kinds: readonly IdentityKind[];
  /** Default: the machine's own. */
  readonly clock?: Clock;
  /** Default: none. */
  readonly log?: Log;
}

/**
 * The identity that a certificate of a PKI of one's own names by its SPIFFE ID. It is read again when its files change;
 * files that cannot be used, or are somebody else's, leave the former one in force.
 */
export class PkiIdentity extends CurrentIdentity implements AsyncDisposable {
  readonly #files: FollowedFiles<Identity>;
  readonly #clock: Clock;

  private constructor(followed: FollowedFiles<Identity>, clock: Clock) {
    super(followed.current);
    this.#files = followed;
    this.#clock = clock;
  }

  /** Opens an identity, and follows its files. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
  static open(
    files: TlsFiles,
    { kinds, clock = systemClock, log = silentLog }: PkiIdentityOptions,
  ): PkiIdentity {
    const opened: { identity?: PkiIdentity } = {};
    const followed = FollowedFiles.open<Identity>({
      paths: [files.certificate, files.key, files.roots],
      read: () => {
        const next = readPkiIdentity(files, kinds, clock.now());
        checkSame(files.certificate, opened.identity?.current, next);
        return next;
      },
      onChange: (next) => opened.identity?.replace(next),
      clock,
      log,
    });
    opened.identity = new PkiIdentity(followed, clock);
    return opened.identity;
  }

  /** Reads the files now, and reports whether they changed. @throws RpcError as `open` */
  reload(): boolean {
    return this.#files.reload();
  }

  /**
   * Looks whether another certificate has come, and returns how long it is good for.
   *
   * @throws RpcError `CONFIG_INVALID` where the files still have the former one, and as `open`
   */
  renew(): Promise<{ readonly remainingMs: number; readonly lifetimeMs: number }> {
    return new Promise((resolve) => {
      const { certificate } = this.current;
      this.reload();
      const { validFrom, validTo } = new X509Certificate(this.current.certificate);
      if (this.current.certificate === certificate) {
        const message = `the files still have the certificate that ends at ${validTo}: have another one issued`;
        throw coreError('CONFIG_INVALID', message);
      }
      const [fromMs, toMs] = [timeOf(validFrom), timeOf(validTo)];
      resolve({ remainingMs: toMs - this.#clock.now(), lifetimeMs: toMs - fromMs });
    });
  }

  /** Follows the files no longer. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}

/**
 * Reads an identity that a PKI of one's own issued.
 *
 * @param nowMs the wall-clock time, in milliseconds since the Unix epoch
 * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
 */
export function readPkiIdentity(files: TlsFiles, kinds: readonly IdentityKind[], nowMs: number): Identity {
  const { certificate, privateKey } = readCertificate(files, nowMs);
  const roots = readRoots(files.roots);
  const { subjectAltName } = checkIssuer(files.certificate, certificate, roots);
  const id = spiffeIdIn(subjectAltName);
  if (id === undefined || !kinds.includes(id.kind)) {
    const wanted = kinds.map((kind) => `spiffe://DOMAIN/${kind}/NAME`).join(' or ');
    const found = id === undefined ? (subjectAltName ?? 'no alternative name') : formatSpiffeId(id);
    throw coreError(
      'CONFIG_INVALID',
      `the certificate ${files.certificate} has ${JSON.stringify(found.slice(0, 300))}; it needs exactly one URI, and that ${wanted}`,
    );
  }
  return { ...id, nameServers: [], roots, certificate, privateKey };
}

/** Who somebody is does not change while it runs. @throws RpcError `CONFIG_INVALID` */
function checkSame(path: string, before: Identity | undefined, next: Identity): void {
  if (before !== undefined && formatSpiffeId(before) !== formatSpiffeId(next)) {
    throw coreError(
      'CONFIG_INVALID',
      `the certificate ${path} is now that of ${formatSpiffeId(next)}, no longer that of ${formatSpiffeId(before)}: ` +
        'restart to be somebody else',
    );
  }
}
