import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an operator would do to export files with tgtd's defaults: no parameters, no credentials. */
const script = `set -e
adm() { tgtadm -C 0 --lld iscsi "$@"; }
until adm --mode sys --op show >/dev/null 2>&1; do sleep 0.05; done
TID=1
for FILE in "$@"; do
  adm --mode target --op new --tid "$TID" --targetname "iqn.2026-11.local.script:disk.$TID"
  adm --mode logicalunit --op new --tid "$TID" --lun 1 --bstype rdwr --backing-store "$FILE"
  adm --mode target --op bind --tid "$TID" --initiator-address ALL
  TID=$((TID + 1))
done
`;

/** A tgtd that exports files with its defaults, except that it has one I/O thread per LUN. Disposal ends it. */
export class BareDisks implements AsyncDisposable {
  readonly portal: string;
  readonly #end: () => Promise<void>;

  private constructor(portal: string, end: () => Promise<void>) {
    this.portal = portal;
    this.#end = end;
  }

  /** @param controlSocket the path prefix of the daemon's control socket */
  static async export(files: readonly string[], controlSocket: string, port: number): Promise<BareDisks> {
    const env = { ...process.env, TGT_IPC_SOCKET: controlSocket };
    // In a session of its own, as our tgtd is: the kernel shares processor time among sessions.
    const portal = `127.0.0.1:${String(port)}`;
    const args = ['-f', '-C', '0', '-t', '1', '--iscsi', `portal=${portal}`];
    const tgtd = spawn('tgtd', args, { env, stdio: 'ignore', detached: true });
    const bare = new BareDisks(portal, async () => {
      const ended = once(tgtd, 'exit');
      tgtd.kill('SIGKILL');
      await ended;
    });
    try {
      await run('/bin/sh', ['-c', script, 'sh', ...files], { env, timeout: 60_000 });
      return bare;
    } catch (error) {
      await bare[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the name of the target of a file, by its place in the list, from 0. */
  iqnOf(at: number): string {
    return `iqn.2026-11.local.script:disk.${String(at + 1)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
