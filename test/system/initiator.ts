import { type Outcome, run } from './command.js';

/** A node's disk, and the credentials for it. */
export interface NodeDisk {
  readonly portal: string;
  readonly iqn: string;
  readonly lun: number;
  readonly initiator: string;
  readonly user: string;
  readonly secret: string;
}

/** Returns the URL of a disk for libiscsi's tools. */
export function iscsiUrl({ user, secret, portal, iqn, lun }: NodeDisk): string {
  return `iscsi://${user}%${secret}@${portal}/${iqn}/${String(lun)}`;
}

/** Returns the options with which QEMU's tools access a disk as its node would. */
export function qemuOptions({ portal, iqn, lun, initiator, user, secret }: NodeDisk): string[] {
  const options = [
    'driver=iscsi',
    'transport=tcp',
    `portal=${portal}`,
    `target=${iqn}`,
    `lun=${String(lun)}`,
    `initiator-name=${initiator}`,
    `user=${user}`,
    'password-secret=chap',
  ];
  return ['--object', `secret,id=chap,data=${secret}`, '--image-opts', options.join(',')];
}

/** Runs one of libiscsi's tools on a disk. */
export function libiscsi(tool: 'iscsi-inq' | 'iscsi-readcapacity16', disk: NodeDisk): Promise<Outcome> {
  return run([tool, '-i', disk.initiator, iscsiUrl(disk)], { timeoutMs: 20_000 });
}

/** Discovers targets as an initiator; with an account it logs in to each and shows its LUNs. */
export function discover(
  initiator: string,
  portal: string,
  chap?: { readonly user: string; readonly secret: string },
): Promise<Outcome> {
  const credentials = chap === undefined ? '' : `${chap.user}%${chap.secret}@`;
  const words = ['iscsi-ls', '-i', initiator, ...(chap === undefined ? [] : ['-s'])];
  return run([...words, `iscsi://${credentials}${portal}`], { timeoutMs: 20_000 });
}

/** Runs commands of qemu-io on a disk. qemu-io reports a read that differs from its pattern only in its output. */
export async function qemuIo(disk: NodeDisk, ...commands: readonly string[]): Promise<Outcome> {
  const words = ['qemu-io', ...commands.flatMap((each) => ['-c', each]), ...qemuOptions(disk)];
  const outcome = await run(words);
  const differs = /pattern verification failed/i.test(outcome.stdout + outcome.stderr);
  return differs && outcome.status === 0 ? { ...outcome, status: 1 } : outcome;
}

/** Runs commands of qemu-io that must succeed. @throws Error with its output */
export async function useDisk(disk: NodeDisk, ...commands: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await qemuIo(disk, ...commands);
  if (status !== 0 || /failed|error/i.test(stdout + stderr)) {
    throw new Error(`qemu-io ${commands.join('; ')} ended with status ${String(status)}: ${stdout}${stderr}`);
  }
}
