import type { Transaction } from '../catalog/catalog.js';
import {
  bootTokens,
  initiators,
  macs,
  type NodeRecord,
  targetOf,
  type TargetRecord,
  tidKey,
  tids,
} from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { Iqn, MacAddress } from '../names.js';
import type { ConflictPolicy } from '../sessions/conflict-policy.js';
import { mintBootToken } from './boot-tokens.js';
import { diskLun, type Naming, newChapAccount } from './naming.js';
import type { TargetAllocator } from './target-allocator.js';

/** How a target is made. */
interface TargetOptions {
  readonly initiator: Iqn;
  readonly mac: MacAddress | undefined;
  readonly onConflict: ConflictPolicy | undefined;
}

/** Hands out what is unique of targets: target ids, initiator names, MAC addresses. */
export class TargetClaims {
  readonly #naming: Naming;
  readonly #allocator: TargetAllocator;
  readonly #bootTokens: boolean;

  /** @param bootTokens - whether every target comes with a one-time token for the boot script */
  constructor(naming: Naming, allocator: TargetAllocator, bootTokens: boolean) {
    this.#naming = naming;
    this.#allocator = allocator;
    this.#bootTokens = bootTokens;
  }

  /**
   * Makes the record of a disk's next target, with a target id of its own and a new secret, and claims it for the node.
   *
   * @throws RpcError `INITIATOR_IN_USE`, `MAC_IN_USE`
   */
  async claimNew(
    tx: Transaction,
    node: string,
    diskId: string,
    { initiator, mac, onConflict }: TargetOptions,
  ): Promise<TargetRecord> {
    await refuseTakenInitiator(tx, node, initiator);
    await refuseTakenMac(tx, mac);
    const target: TargetRecord = {
      ...(await this.#allocator.allocate(tx)),
      iqn: this.#naming.targetOf(diskId),
      lun: diskLun,
      initiator,
      chap: newChapAccount(diskId),
      ...(mac === undefined ? {} : { mac }),
      ...(onConflict === undefined ? {} : { onConflict }),
    };
    this.claim(tx, node, target);
    if (this.#bootTokens) {
      mintBootToken(tx, node);
    }
    return target;
  }

  /** Claims what is unique of a target for a node, which may have another name by now. */
  claim(tx: Transaction, node: string, target: TargetRecord): void {
    tx.put(tids, tidKey(target.tid), node);
    tx.put(initiators, target.initiator, node);
    if (target.mac !== undefined) {
      tx.put(macs, target.mac, node);
    }
  }

  /** Reserves target ids that targets of a daemon have which have no record; see `TargetAllocator`. */
  reserve(daemon: number, reserved: ReadonlySet<number>): void {
    this.#allocator.reserve(daemon, reserved);
  }

  /** Releases what is unique of a node's target, if it has one. */
  release(tx: Transaction, record: NodeRecord): void {
    const target = targetOf(record);
    if (target !== undefined) {
      tx.delete(tids, tidKey(target.tid));
      tx.delete(initiators, target.initiator);
      tx.delete(bootTokens, record.node);
      if (target.mac !== undefined) {
        tx.delete(macs, target.mac);
      }
      this.#allocator.release(target.tid);
    }
  }
}

/** Refuses an initiator name that another node has. @throws RpcError `INITIATOR_IN_USE` */
export async function refuseTakenInitiator(tx: Transaction, node: string, initiator: Iqn): Promise<void> {
  const holder = await tx.get(initiators, initiator);
  if (holder !== undefined && holder !== node) {
    throw storageError(
      'INITIATOR_IN_USE',
      `initiator "${initiator}" belongs to node "${holder}"; name another with --initiator`,
      { details: { initiator, node: holder } },
    );
  }
}

async function refuseTakenMac(tx: Transaction, mac: MacAddress | undefined): Promise<void> {
  const booting = mac === undefined ? undefined : await tx.get(macs, mac);
  if (booting !== undefined) {
    throw storageError(
      'MAC_IN_USE',
      `MAC address ${String(mac)} belongs to node "${booting}"; detach that node first`,
      { details: { mac, node: booting } },
    );
  }
}
