import { endianness } from 'node:os';

// tgtd takes its commands as a C structure on a unix socket, in the host's byte order: `struct tgtadm_req` of
// usr/tgtadm.h, here of tgt 1.0.85. A test compares the bytes with those that the installed tgtadm sends.

const littleEndian = endianness() === 'LE';
const headerBytes = 120;
const everyLun = 0xffff_ffff_ffff_ffffn;

const modes = { system: 0, target: 1, logicalunit: 2, portal: 3, connection: 6, account: 7 } as const;
const ops = { new: 0, delete: 1, show: 2, bind: 3, unbind: 4, update: 5, stat: 6 } as const;

/** A request to tgtd, named as tgtadm's options are. */
export interface Request {
  readonly mode: keyof typeof modes;
  readonly op: keyof typeof ops;
  readonly tid?: number;
  readonly lun?: number;
  readonly sid?: number;
  readonly cid?: number;
  readonly force?: boolean;
  /** The text after the structure: `key=value` pairs, joined by commas. */
  readonly params?: string;
}

/** Returns the encoded bytes of a request. */
export function encodeRequest(request: Request): Buffer {
  const params = request.params === undefined ? Buffer.alloc(0) : Buffer.from(`${request.params}\0`);
  const bytes = Buffer.alloc(headerBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  view.setUint32(0, modes[request.mode], littleEndian);
  view.setUint32(4, ops[request.op], littleEndian);
  bytes.write('iscsi', 8, 'latin1');
  view.setUint32(72, headerBytes + params.length, littleEndian);
  view.setInt32(76, request.tid ?? -1, littleEndian);
  view.setBigUint64(80, BigInt(request.sid ?? 0), littleEndian);
  view.setBigUint64(88, request.lun === undefined ? everyLun : BigInt(request.lun), littleEndian);
  view.setUint32(96, request.cid ?? 0, littleEndian);
  view.setUint32(116, request.force === true ? 1 : 0, littleEndian);
  return Buffer.concat([bytes, params]);
}

/** A response of tgtd: 0 or an error number, and the requested text. */
export interface Response {
  readonly error: number;
  readonly text: string;
}

/** Decodes a response; returns undefined while bytes are missing. */
export function decodeResponse(bytes: Buffer): Response | undefined {
  if (bytes.length < 8) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(4, littleEndian);
  if (bytes.length < length) {
    return undefined;
  }
  return {
    error: view.getUint32(0, littleEndian),
    text: bytes.toString('utf8', 8, length).replace(/\0+$/, ''),
  };
}
