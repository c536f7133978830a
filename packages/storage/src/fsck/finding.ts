import { z } from 'zod';

import { storageError } from '../errors.js';

/** How grave a finding can be, the worst first. */
export const severities = ['error', 'warning', 'note'] as const;
type Severity = (typeof severities)[number];

/** An inconsistency. */
export const finding = z.object({
  severity: z
    .enum(severities)
    .describe('error: data is lost or inconsistent; warning: it will be repaired; note: worth knowing'),
  resource: z.string(),
  problem: z.string(),
  advice: z.string(),
});
export type Finding = z.infer<typeof finding>;

/** How many findings the message lists; the details list all. */
const shownFindings = 3;

/** Fails if there are findings of a severity, or worse ones. @throws RpcError `FSCK_FOUND_ERRORS` */
export function refuseFindings(findings: readonly Finding[], failOn: Severity): void {
  const grave = severities.slice(0, severities.indexOf(failOn) + 1);
  const found = findings.filter(({ severity }) => grave.includes(severity));
  if (found.length > 0) {
    const shown = found
      .slice(0, shownFindings)
      .map(({ severity, resource, problem }) => `${severity}: ${resource}: ${problem}`);
    const others = found.length - shown.length;
    const rest = others === 0 ? '' : `, and ${String(others)} more; details.findings lists all`;
    throw storageError('FSCK_FOUND_ERRORS', `fsck found ${shown.join(', ')}${rest}`, {
      details: { findings: [...findings] },
    });
  }
}
