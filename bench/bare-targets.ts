import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an operator's script would do after tgtd died: start it offline, recreate each target, open the service. */
const script = `set -e
adm() { tgtadm -C 0 --lld iscsi "$@"; }
until adm --mode sys --op update --name State --value offline 2>/dev/null; do :; done
TID=1
while [ "$TID" -le "$COUNT" ]; do
  adm --mode target --op new --tid "$TID" --targetname "iqn.2026-11.local.script:disk.$TID"
  adm --mode target --op update --tid "$TID" --name state --value offline
  adm --mode logicalunit --op new --tid "$TID" --lun 1 --bstype rdwr --backing-store "$DISKS/$TID.raw"
  adm --mode logicalunit --op update --tid "$TID" --lun 1 --params scsi_id=00000000000000000000000000000001,thin_provisioning=1
  adm --mode account --op new --user "user$TID" --password secret1234567
  adm --mode account --op bind --tid "$TID" --user "user$TID"
  adm --mode target --op bind --tid "$TID" --initiator-name "iqn.2026-11.local.script:node.$TID"
  adm --mode target --op update --tid "$TID" --name MaxRecvDataSegmentLength --value 262144
  adm --mode target --op update --tid "$TID" --name state --value ready
  TID=$((TID + 1))
done
adm --mode sys --op update --name State --value ready
`;

/**
 * Creates targets with tgtadm alone, on a tgtd of its own that ends with it.
 * @param disks the directory of the files `1.raw` to `COUNT.raw`
 * @param controlSocket the path of the daemon's control socket
 * @returns the time it took, including the daemon's start, in milliseconds
 */
export async function exportByScript(disks: string, count: number, controlSocket: string): Promise<number> {
  const environment = { ...process.env, TGT_IPC_SOCKET: controlSocket };
  const startedMs = performance.now();
  const tgtd = spawn('tgtd', ['-f', '-C', '0', '-t', '1', '--iscsi', 'portal=127.0.0.1:0'], {
    env: environment,
    stdio: 'ignore',
  });
  try {
    await run('/bin/sh', ['-c', script], { env: { ...environment, DISKS: disks, COUNT: String(count) } });
    return performance.now() - startedMs;
  } finally {
    const ended = once(tgtd, 'exit');
    tgtd.kill('SIGKILL');
    await ended;
  }
}
