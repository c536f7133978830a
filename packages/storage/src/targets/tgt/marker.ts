import { createHash } from 'node:crypto';

import { type TargetSpec } from '../target-host.js';

// tgtd never tells a secret, so looking at a target cannot show whether it has the right one. Beside each account
// we therefore make another that is bound to nothing and admits nobody, whose name holds a fingerprint of the
// secret. It lives and dies with the daemon, as the account itself does, so the two cannot drift apart.

/** Gives the name of the account that marks which secret a target has. */
export function markerOf({ tid, iqn, chap }: TargetSpec): string {
  const fingerprint = createHash('sha256').update(`${iqn}\n${chap.user}\n${chap.secret}`).digest('hex');
  return `mark.${String(tid)}.${fingerprint.slice(0, 32)}.${chap.user}`;
}

/** Says which target and user an account marks; undefined for one that is no marker. */
export function readMarker(account: string): { readonly tid: number; readonly user: string } | undefined {
  const [, tid, user] = /^mark\.(\d+)\.[0-9a-f]{32}\.(.+)$/.exec(account) ?? [];
  return tid === undefined || user === undefined ? undefined : { tid: Number(tid), user };
}
