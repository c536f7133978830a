import type { FileHandle } from 'node:fs/promises';

import { hasDiskSignature } from './disk-signature.js';
import { describeOther } from './other-content.js';

/** The supported formats, by the names of QEMU's drivers (`vpc` is VHD). */
export type ImageFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhdx' | 'vpc';

/** What the header of a file reveals. */
export type Detected =
  | { readonly format: Exclude<ImageFormat, 'raw'> }
  /** `isCertain`: it has the signature of a disk, or the caller says that it is one. */
  | { readonly format: 'raw'; readonly isCertain: boolean }
  /** Why no tool may open it. */
  | { readonly refused: string }
  | { readonly corrupt: string };

interface Header {
  readonly head: Buffer;
  /** The last 512 bytes. */
  readonly tail: Buffer;
  readonly sizeBytes: number;
}

interface Signature {
  readonly magic: string;
  readonly at?: number;
  readonly detect: (header: Header) => Detected;
}

const headBytes = 68 * 1024;
const refuse = (refused: string) => (): Detected => ({ refused });
const parallels = refuse('Parallels images are not supported; convert it to qcow2 first');
const compressed = (by: string) =>
  refuse(`it is compressed twice, the second time with ${by}; unpack it first`);

/** The signatures as Latin-1 text. A file with none of them may be a raw disk. */
const signatures: readonly Signature[] = [
  { magic: 'QFI\xfb', detect: complete(qcow2) },
  { magic: 'KDMV', detect: complete(vmdk) },
  { magic: 'COWD', detect: refuse('it is an extent of a vmdk whose descriptor is in another file') },
  { magic: '# Disk DescriptorFile', detect: refuse('it is a vmdk descriptor, which refers to other files') },
  { magic: '\x7f\x10\xda\xbe', at: 0x40, detect: complete(vdi) },
  { magic: 'vhdxfile', detect: vhdx },
  { magic: 'conectix', detect: vpc },
  { magic: 'QED\0', detect: refuse('QED images are not supported; convert it to qcow2 first') },
  { magic: 'WithoutFreeSpace', detect: parallels },
  { magic: 'WithouFreSpacExt', detect: parallels },
  { magic: '\x1f\x8b\x08', detect: compressed('gzip') },
  { magic: '\xfd7zXZ\0', detect: compressed('xz') },
  { magic: '\x28\xb5\x2f\xfd', detect: compressed('zstd') },
  { magic: '1AY&SY', at: 4, detect: compressed('bzip2') },
];

/**
 * Detects an image's format before any tool opens it, which an image could make read the files that it refers to.
 * @param isRaw whether to take what has no image format for a raw disk, whatever it looks like
 */
export async function detectFormat(file: FileHandle, isRaw = false): Promise<Detected> {
  const { size } = await file.stat();
  if (size === 0) {
    return { corrupt: 'it is empty' };
  }
  const header = {
    head: await bytesAt(file, 0, headBytes),
    tail: await bytesAt(file, Math.max(0, size - 512), 512),
    sizeBytes: size,
  };
  const found = signatures.find(
    ({ magic, at = 0 }) => header.head.toString('latin1', at, at + magic.length) === magic,
  );
  if (found !== undefined) {
    return found.detect(header);
  }
  // A fixed-size VHD is a raw disk with a footer.
  if (header.tail.toString('latin1', 0, 8) === 'conectix') {
    return vpc(header);
  }
  const isDisk = hasDiskSignature(header.head, header.tail);
  const other = isRaw ? undefined : describeOther(header.head, header.tail, isDisk);
  return other === undefined
    ? { format: 'raw', isCertain: isRaw || isDisk }
    : { refused: `it is ${other} (--raw imports it as a raw disk nevertheless)` };
}

function complete(detect: Signature['detect']): Signature['detect'] {
  return (header) => (header.head.length < 512 ? { corrupt: 'it ends within its header' } : detect(header));
}

function qcow2({ head }: Header): Detected {
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) {
    return { refused: `qcow version ${String(version)} is not supported; convert it to qcow2 first` };
  }
  if (head.readBigUInt64BE(8) !== 0n) {
    return { refused: 'it has a backing file; flatten it with qemu-img convert first' };
  }
  if (head.readUInt32BE(32) !== 0) {
    return { refused: 'it is encrypted' };
  }
  const externalData = 1n << 2n;
  if (version === 3 && (head.readBigUInt64BE(72) & externalData) !== 0n) {
    return { refused: 'its data is in another file; flatten it with qemu-img convert first' };
  }
  return { format: 'qcow2' };
}

function vmdk({ head }: Header): Detected {
  // Without a capacity it is a descriptor with the magic of an image.
  return head.readBigUInt64LE(12) === 0n
    ? { refused: 'it is a vmdk descriptor, which refers to other files' }
    : { format: 'vmdk' };
}

function vdi({ head, sizeBytes }: Header): Detected {
  const linkUuid = head.subarray(0x1a8, 0x1b8);
  const parentUuid = head.subarray(0x1b8, 0x1c8);
  if (linkUuid.some((byte) => byte !== 0) || parentUuid.some((byte) => byte !== 0)) {
    return { refused: 'it is a differencing image of another vdi' };
  }
  // qemu-img silently reads zeros beyond the end.
  const neededBytes = head.readUInt32LE(0x158) + head.readUInt32LE(0x178) * head.readUInt32LE(0x184);
  return sizeBytes < neededBytes ? { corrupt: truncated(sizeBytes, neededBytes) } : { format: 'vdi' };
}

function vhdx({ sizeBytes }: Header): Detected {
  // qemu-img silently reads zeros in the last sector, and reports what is missing before it.
  return sizeBytes % 512 === 0
    ? { format: 'vhdx' }
    : { corrupt: truncated(sizeBytes, Math.ceil(sizeBytes / 512) * 512) };
}

/** Reports that a file is too short. */
export function truncated(sizeBytes: number, neededBytes: number): string {
  return `it is truncated: it has ${String(sizeBytes)} of at least ${String(neededBytes)} bytes`;
}

function vpc({ tail }: Header): Detected {
  if (tail.toString('latin1', 0, 8) !== 'conectix') {
    return { corrupt: 'it is truncated: the footer of the VHD is missing' };
  }
  const differencing = 4;
  return tail.readUInt32BE(60) === differencing
    ? { refused: 'it is a differencing image of another VHD' }
    : { format: 'vpc' };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
