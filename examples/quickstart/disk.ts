import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A node's disk, and the credentials for it. */
export interface NodeDisk {
  readonly portal: string;
  readonly iqn: string;
  readonly lun: number;
  readonly initiator: string;
  readonly user: string;
  readonly secret: string;
}

/** The options by which QEMU's tools reach a disk as its node would. */
export function qemuOptions(disk: NodeDisk): string[] {
  const options = [
    'driver=iscsi',
    'transport=tcp',
    `portal=${disk.portal}`,
    `target=${disk.iqn}`,
    `lun=${String(disk.lun)}`,
    `initiator-name=${disk.initiator}`,
    `user=${disk.user}`,
    'password-secret=chap',
  ];
  return ['--object', `secret,id=chap,data=${disk.secret}`, '--image-opts', options.join(',')];
}

/** The address by which libiscsi's tools reach a disk. */
export function iscsiUrl(disk: NodeDisk): string {
  return `iscsi://${disk.user}%${disk.secret}@${disk.portal}/${disk.iqn}/${String(disk.lun)}`;
}

/** Returns the SHA-256 of a file, hexadecimal. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
