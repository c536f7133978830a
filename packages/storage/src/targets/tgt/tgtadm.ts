import { isRpcError } from '@patchbay/objects';

import type { TargetConnection } from '../target-host.js';
import { type ControlSocket, noSuchTarget } from './control-socket.js';
import {
  maxRecvKey,
  parseAccounts,
  parseConnections,
  parseMaxRecvBytes,
  parsePortals,
  parseReceivedBytes,
  parseSystemState,
  parseTargets,
  type ShownTarget,
} from './show.js';

/**
 * The commands of tgtadm that we use, one method each. The caller checks the values (see spec.ts): a comma in one would
 * start another parameter. Every method throws as `ControlSocket.request` does.
 */
export class Tgtadm {
  readonly #socket: ControlSocket;

  constructor(socket: ControlSocket) {
    this.#socket = socket;
  }

  async newTarget(tid: number, iqn: string): Promise<void> {
    await this.#socket.request({ mode: 'target', op: 'new', tid, params: `targetname=${iqn}` });
  }

  async deleteTarget(tid: number): Promise<void> {
    await this.#socket.request({ mode: 'target', op: 'delete', tid, force: true });
  }

  async setTargetState(tid: number, state: 'offline' | 'ready'): Promise<void> {
    await this.#socket.request({ mode: 'target', op: 'update', tid, params: `state=${state}` });
  }

  /** Sets how many bytes of data one PDU of an initiator may carry, for sessions that log in from now on. */
  async setMaxRecvBytes(tid: number, bytes: number): Promise<void> {
    const params = `${maxRecvKey}=${String(bytes)}`;
    await this.#socket.request({ mode: 'target', op: 'update', tid, params });
  }

  /** Returns what `setMaxRecvBytes` sets. tgtd shows it of a single target only. */
  async maxRecvBytes(tid: number): Promise<number> {
    return parseMaxRecvBytes(await this.#socket.request({ mode: 'target', op: 'show', tid }));
  }

  /** Allows an initiator by its name. There is no method for addresses: rules are ORed, so one would allow more. */
  async allowInitiator(tid: number, initiator: string): Promise<void> {
    await this.#socket.request({ mode: 'target', op: 'bind', tid, params: `initiator-name=${initiator}` });
  }

  /** Takes back a rule, whether it is an initiator's name or an address; tgtd shows them alike. */
  async removeRule(tid: number, rule: string): Promise<void> {
    for (const kind of ['initiator-address', 'initiator-name']) {
      const unbind = this.#socket.request({ mode: 'target', op: 'unbind', tid, params: `${kind}=${rule}` });
      await undefinedIfRefused(unbind);
    }
  }

  async newLun(tid: number, lun: number, path: string): Promise<void> {
    // rdwr, as aio ignores SYNCHRONIZE CACHE: what a node has flushed would not be on disk. Nor has it UNMAP, and it
    // fails beyond some 500 LUNs.
    const params = `path=${path},bstype=rdwr`;
    await this.#socket.request({ mode: 'logicalunit', op: 'new', tid, lun, params });
  }

  async deleteLun(tid: number, lun: number): Promise<void> {
    await this.#socket.request({ mode: 'logicalunit', op: 'delete', tid, lun });
  }

  async setLunIdentity(tid: number, lun: number, scsiId: string, serial: string): Promise<void> {
    const params = `targetOps scsi_id=${scsiId},scsi_sn=${serial},thin_provisioning=1,`;
    await this.#socket.request({ mode: 'logicalunit', op: 'update', tid, lun, params });
  }

  async setLunSerial(tid: number, lun: number, serial: string): Promise<void> {
    const params = `targetOps scsi_sn=${serial},`;
    await this.#socket.request({ mode: 'logicalunit', op: 'update', tid, lun, params });
  }

  async newAccount(user: string, secret: string): Promise<void> {
    await this.#socket.request({ mode: 'account', op: 'new', params: `user=${user},password=${secret}` });
  }

  /** Deletes an account, and so unbinds it: a target that had only this one is open to all that its ACL admits. */
  async deleteAccount(user: string): Promise<void> {
    await this.#socket.request({ mode: 'account', op: 'delete', params: `user=${user}` });
  }

  async bindAccount(tid: number, user: string): Promise<void> {
    await this.#socket.request({ mode: 'account', op: 'bind', tid, params: `user=${user}` });
  }

  async deleteConnection(tid: number, sid: number, cid: number): Promise<void> {
    await this.#socket.request({ mode: 'connection', op: 'delete', tid, sid, cid });
  }

  /** Returns how many bytes were received on a connection; undefined if there is no such connection. */
  async receivedBytes(tid: number, sid: number, cid: number): Promise<number | undefined> {
    const request = this.#socket.request({ mode: 'connection', op: 'stat', tid, sid, cid });
    const text = await undefinedIfRefused(request);
    return text === undefined ? undefined : parseReceivedBytes(text);
  }

  async newPortal(portal: string): Promise<void> {
    await this.#socket.request({ mode: 'portal', op: 'new', params: `portalOps portal=${portal},` });
  }

  async deletePortal(portal: string): Promise<void> {
    await this.#socket.request({ mode: 'portal', op: 'delete', params: `portalOps portal=${portal},` });
  }

  /** Opens the service or holds it back: while it is offline new connections are dropped, and initiators retry. */
  async setSystemState(state: 'offline' | 'ready'): Promise<void> {
    await this.#socket.request({ mode: 'system', op: 'update', params: `State=${state}` });
  }

  async targets(): Promise<readonly ShownTarget[]> {
    return parseTargets(await this.#socket.request({ mode: 'target', op: 'show' }));
  }

  async connections(tid: number): Promise<readonly TargetConnection[]> {
    return parseConnections(await this.#socket.request({ mode: 'connection', op: 'show', tid }));
  }

  /** Reports whether there is a target of this tid; much cheaper than showing all. */
  async hasTarget(tid: number): Promise<boolean> {
    try {
      await this.connections(tid);
      return true;
    } catch (error) {
      if (isRpcError(error, 'TARGET_TOOL_FAILED') && error.details.error === noSuchTarget) {
        return false;
      }
      throw error;
    }
  }

  /** Reports whether a target has this LUN; tgtd shows nothing more about a single one. */
  async hasLun(tid: number, lun: number): Promise<boolean> {
    const request = this.#socket.request({ mode: 'logicalunit', op: 'stat', tid, lun });
    return (await undefinedIfRefused(request)) !== undefined;
  }

  async accounts(): Promise<readonly string[]> {
    return parseAccounts(await this.#socket.request({ mode: 'account', op: 'show' }));
  }

  async portals(): Promise<readonly string[]> {
    return parsePortals(await this.#socket.request({ mode: 'portal', op: 'show' }));
  }

  async systemState(): Promise<string> {
    return parseSystemState(await this.#socket.request({ mode: 'system', op: 'show' }));
  }
}

/** Returns the result of a command, or undefined if tgtd refused it; callers verify the outcome themselves. */
export async function undefinedIfRefused<T>(command: Promise<T>): Promise<T | undefined> {
  try {
    return await command;
  } catch (error) {
    if (isRpcError(error, 'TARGET_TOOL_FAILED')) {
      return undefined;
    }
    throw error;
  }
}
