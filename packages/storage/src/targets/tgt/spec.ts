import { isAbsolute } from 'node:path';

import { coreError } from '@patchbay/objects';

import { iqn } from '../../names.js';
import type { TargetSpec } from '../target-host.js';

// tgtd takes its parameters joined by commas and silently truncates long ones, so every value that reaches it is
// checked here, wherever it comes from.
const checks: readonly (readonly [what: string, holds: (spec: TargetSpec) => boolean])[] = [
  ['tid: must be a whole number from 1 to 2147483647', ({ tid }) => isIn(tid, 1, 0x7fff_ffff)],
  ['lun: must be a whole number from 1 to 255', ({ lun }) => isIn(lun, 1, 255)],
  ['iqn: must be an iSCSI name', (spec) => iqn.safeParse(spec.iqn).success],
  ['initiator: must be an iSCSI name', ({ initiator }) => iqn.safeParse(initiator).success],
  [
    'backingPath: must be an absolute path of at most 900 bytes without commas, line breaks or control characters',
    ({ backingPath }) =>
      isAbsolute(backingPath) && Buffer.byteLength(backingPath) <= 900 && !/[,\p{Cc}]/u.test(backingPath),
  ],
  ['scsiId: must be 32 hexadecimal digits', ({ scsiId }) => /^[0-9a-fA-F]{32}$/.test(scsiId)],
  ['serial: must be 1 to 32 letters, digits and "-"', ({ serial }) => /^[A-Za-z0-9-]{1,32}$/.test(serial)],
  [
    'chap.user: must be 1 to 100 letters, digits, ".", "_", ":" and "-"',
    ({ chap }) => /^[A-Za-z0-9._:-]{1,100}$/.test(chap.user),
  ],
  [
    'chap.secret: must be 12 to 100 printable characters other than space and comma',
    ({ chap }) => /^[!-+\--~]{12,100}$/.test(chap.secret),
  ],
];

/** Checks that tgtd can represent a target as specified. @throws RpcError `ARGUMENT_INVALID` */
export function checkSpec(spec: TargetSpec): void {
  for (const [what, holds] of checks) {
    if (!holds(spec)) {
      throw coreError('ARGUMENT_INVALID', `cannot export target ${String(spec.tid)}: ${what}`, {
        details: { path: what.slice(0, what.indexOf(':')) },
      });
    }
  }
}

function isIn(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
