import { createHash } from 'node:crypto';

import { type TargetSpec } from './target-host.js';

/** Gives the marker of a target's secret, by which two are told apart and which does not tell them: a fingerprint. */
export function markerOf({ iqn, chap }: Pick<TargetSpec, 'iqn' | 'chap'>): string {
  const fingerprint = createHash('sha256').update(`${iqn}\n${chap.user}\n${chap.secret}`).digest('hex');
  return fingerprint.slice(0, 32);
}
