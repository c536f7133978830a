import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { systemErrorText } from '@patchbay/objects';

import { authorityError } from './errors.js';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const version = 'v1.';

/** The key that seals what is secret in the store. */
export class ClusterKey {
  /** Identifies the key without revealing it. */
  readonly fingerprint: string;
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
    const digest = createHash('sha256').update('patchbay-cluster-key-1\0').update(key).digest('hex');
    this.fingerprint = digest.slice(0, 32);
  }

  /** Seals a secret, with AES-256-GCM, for one key of the store: nowhere else it opens. */
  seal(storeKey: string, secret: Buffer): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(storeKey));
    const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return version + sealed.toString('base64');
  }

  /** Returns what proves that this key's authority said a text: nobody else can tell, or make another. */
  prove(text: string): string {
    const key = createHmac('sha256', this.#key).update('patchbay-proof-1').digest();
    return createHmac('sha256', key).update(text).digest('base64url');
  }

  /** Reports whether `prove` returned a proof of a text. */
  isProof(text: string, proof: string): boolean {
    const [expected, given] = [Buffer.from(this.prove(text)), Buffer.from(proof)];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Opens what was sealed for a key of the store. @throws RpcError `CLUSTER_KEY_WRONG` */
  open(storeKey: string, sealed: string): Buffer {
    const bytes = Buffer.from(sealed.slice(version.length), 'base64');
    try {
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(storeKey))
        .setAuthTag(bytes.subarray(-tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    } catch (error) {
      const message = `the cluster key ${this.fingerprint} does not open ${storeKey}: restore the key that sealed it`;
      throw authorityError('CLUSTER_KEY_WRONG', message, { cause: error });
    }
  }
}

/** Reports whether a file is for its owner alone; a credential of systemd is root's, and its ACL lets the service read it. */
function isPrivate({ mode, uid, gid }: Stats): boolean {
  const isCredential = uid === 0 && gid === 0 && (mode & 0o777) === 0o440;
  return isCredential || (mode & 0o077) === 0;
}

/**
 * Reads the cluster key from its file; undefined where there is none.
 *
 * @throws RpcError `CLUSTER_KEY_WRONG` where it has another size, others may read it, or it cannot be read
 */
export function readClusterKey(file: string): ClusterKey | undefined {
  let key: Buffer;
  try {
    if (!isPrivate(statSync(file))) {
      const message = `others may read the cluster key ${file}: run chmod 600 ${file}`;
      throw authorityError('CLUSTER_KEY_WRONG', message, { details: { file } });
    }
    key = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    if ((error as NodeJS.ErrnoException).code === undefined) {
      throw error;
    }
    const message = `the cluster key ${file} cannot be read: ${systemErrorText(error)}`;
    throw authorityError('CLUSTER_KEY_WRONG', message, { cause: error, details: { file } });
  }
  if (key.length !== keyBytes) {
    const size = `${String(key.length)} bytes instead of ${String(keyBytes)}`;
    throw authorityError('CLUSTER_KEY_WRONG', `${file} is no cluster key: it has ${size}; restore it`, {
      details: { file },
    });
  }
  return new ClusterKey(key);
}

/**
 * Returns the cluster key of a new authority: one that was left behind, where a process ended before its authority was
 * made, or a new one.
 *
 * @throws RpcError `CLUSTER_KEY_WRONG`, and the operating system's error
 */
export function takeClusterKey(file: string): ClusterKey {
  const left = readClusterKey(file);
  if (left !== undefined) {
    rmSync(asideOf(file), { force: true });
  }
  return left ?? makeClusterKey(file);
}

function asideOf(file: string): string {
  return `${file}.new`;
}

/**
 * Makes a cluster key in a file, for its owner alone. It is whole and on disk before it has its name.
 *
 * @throws the operating system's error, also where the file is there
 */
export function makeClusterKey(file: string): ClusterKey {
  const key = randomBytes(keyBytes);
  const aside = asideOf(file);
  rmSync(aside, { force: true });
  const handle = openSync(aside, 'wx', 0o600);
  try {
    fchmodSync(handle, 0o600); // whatever the umask
    writeSync(handle, key);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  linkSync(aside, file); // unlike a rename, it replaces none
  rmSync(aside);
  const directory = openSync(dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  return new ClusterKey(key);
}
