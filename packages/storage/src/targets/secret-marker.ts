import { createHash } from 'node:crypto';

import type { TargetSpec } from './target-host.js';

/** Returns the marker of a target's secret: a fingerprint by which secrets are compared, and which does not reveal them. */
export function markerOf({ iqn, chap }: Pick<TargetSpec, 'iqn' | 'chap'>): string {
  const fingerprint = createHash('sha256').update(`${iqn}\n${chap.user}\n${chap.secret}`).digest('hex');
  return fingerprint.slice(0, 32);
}
