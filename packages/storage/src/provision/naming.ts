import { randomInt } from 'node:crypto';

import { iqn, type Iqn, type NodeName } from '../names.js';
import type { ChapAccount } from '../targets/target-host.js';

const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Windows takes CHAP secrets of 12 to 16 characters. */
const secretLength = 16;

/** The LUN of every disk. LUN 0 is tgt's own controller. */
export const diskLun = 1;

/** Makes the names that iSCSI shows. They all begin with the prefix, and derive from a disk's id or a node's name. */
export class Naming {
  readonly #prefix: Iqn;
  readonly #known: readonly string[];

  /**
   * @param prefix - what new names begin with
   * @param known - every prefix that was ever in use here: targets keep their names when the prefix is changed
   */
  constructor(prefix: Iqn, known: readonly string[] = [prefix]) {
    this.#prefix = prefix;
    this.#known = known;
  }

  /** Returns the target name of a disk, the same whenever it is exported. */
  targetOf(diskId: string): Iqn {
    return iqn.parse(`${this.#prefix}:disk.${diskId}`);
  }

  /** Returns the id of the disk that `targetOf` named a target for. */
  diskOf(target: Iqn): string {
    return target.slice(target.lastIndexOf(':disk.') + ':disk.'.length);
  }

  /** Reports whether a target name is one that `targetOf` made. */
  isOurs(targetName: string): targetName is Iqn {
    const isKnown = this.#known.some((prefix) => targetName.startsWith(`${prefix}:disk.`));
    return isKnown && iqn.safeParse(targetName).success;
  }

  /** Reports whether an account's user is one that `newChapAccount` named. */
  isOurAccount(user: string): boolean {
    return accountUser.test(user);
  }

  /** Returns the initiator name of a node that has no other. */
  initiatorOf(node: NodeName): Iqn {
    return iqn.parse(`${this.#prefix}:node.${node}`);
  }
}

/** The form of accounts' users: a disk's id is part of them. */
const accountUser = /^disk\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Creates a disk's CHAP account, with a new random secret. */
export function newChapAccount(diskId: string): ChapAccount {
  const secret = Array.from({ length: secretLength }, () => secretAlphabet[randomInt(secretAlphabet.length)]);
  return { user: `disk.${diskId}`, secret: secret.join('') };
}
