import { isRpcError, type Log } from '@patchbay/objects';

import { type Exec, ExecError } from '../../exec.js';

/** Debian's first version in which a CHAP answer cannot be replayed. */
const fixedVersion = '1:1.0.85-1+deb12u1';

/** Warns when the installed tgt lets an eavesdropper replay a CHAP login (CVE-2024-45751). */
export async function warnOfVulnerableTgt({ exec, log }: { exec: Exec; log: Log }): Promise<void> {
  try {
    const { stdout: version } = await exec('dpkg-query', ['--show', '--showformat=${Version}', 'tgt']);
    const { exitCode } = await exec('dpkg', ['--compare-versions', version, 'lt', fixedVersion], {
      okExitCodes: [0, 1],
    });
    if (exitCode === 0) {
      log.warn('The installed tgt is open to replayed CHAP logins (CVE-2024-45751); upgrade it', {
        version,
        fixedVersion,
      });
    }
  } catch (error) {
    // Not Debian, or not its package: there is no telling which fixes are in it.
    if (!(error instanceof ExecError || isRpcError(error, 'TOOL_MISSING'))) {
      throw error;
    }
    log.debug('Cannot tell whether the installed tgt has the fix of CVE-2024-45751', { error });
  }
}
