import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a shell script would do to give a node a disk: the same clone and the same tgtadm commands, nothing else. */
const script = `set -e
cp --reflink=always "$IMAGE" "$DISK"
truncate -s "$SIZE" "$DISK"
adm() { tgtadm -C 0 --lld iscsi "$@"; }
adm --mode target --op new --tid "$TID" --targetname "$IQN"
adm --mode target --op update --tid "$TID" --name state --value offline
adm --mode logicalunit --op new --tid "$TID" --lun 1 --bstype rdwr --backing-store "$DISK"
adm --mode logicalunit --op update --tid "$TID" --lun 1 --params scsi_id=00000000000000000000000000000001,thin_provisioning=1
adm --mode account --op new --user "user$TID" --password secret1234567
adm --mode account --op bind --tid "$TID" --user "user$TID"
adm --mode target --op bind --tid "$TID" --initiator-name "iqn.2026-11.local.script:node.$TID"
adm --mode target --op update --tid "$TID" --name MaxRecvDataSegmentLength --value 262144
adm --mode target --op update --tid "$TID" --name state --value ready
`;

/** Exports a disk by a shell script, through the target daemon behind a control socket. */
export async function provisionByScript(disk: {
  readonly image: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly tid: number;
  readonly controlSocket: string;
}): Promise<void> {
  const { image, file, sizeBytes, tid, controlSocket } = disk;
  await run('/bin/sh', ['-c', script], {
    env: {
      ...process.env,
      IMAGE: image,
      DISK: file,
      SIZE: String(sizeBytes),
      TID: String(tid),
      IQN: `iqn.2026-11.local.script:disk.${String(tid)}`,
      TGT_IPC_SOCKET: controlSocket,
    },
  });
}
