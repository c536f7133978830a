import { grpcStatusOfCode } from '@patchbay/objects';

import { policyKeys } from '../command/jobs/policy-text.js';
import { type Candidate, candidatesOf, type Completion, fitting, noCandidates } from './candidate.js';
import type { Sources } from './sources.js';

/** Completes the last term of a selector of hosts; nothing for those who may not list hosts. */
export async function completeSelector(current: string, sources: Sources): Promise<Completion> {
  const hosts = await sources.hosts().catch(() => []);
  if (hosts.length === 0) {
    return noCandidates;
  }
  const groups = [...new Set(hosts.flatMap((each) => each.groups))].sort();
  const terms = [...hosts.map(({ name }) => name), ...groups.map((group) => `group=${group}`)];
  const before = current.slice(0, current.lastIndexOf(',') + 1);
  return { candidates: fitting(prefixed(before, candidatesOf(terms)), current), anything: false };
}

/** Completes the last key of `--job`, or its value where there are few. */
export function completePolicy(current: string): Completion {
  const before = current.slice(0, current.lastIndexOf(',') + 1);
  const last = current.slice(before.length);
  const given = new Set(before.split(',').map((each) => each.split('=')[0]));
  const keys = Object.entries(policyKeys).filter(([key]) => !given.has(key));
  const names = keys.map(([key, { expects }]) => ({ value: `${key}=`, note: expects, open: true }));
  const key = last.startsWith('retry-on=') ? 'retry-on=' : '';
  const values = /(?:^|,)retry-on=[A-Z_,]*$/.test(current)
    ? Object.keys(grpcStatusOfCode).map((code) => key + code)
    : [];
  return {
    candidates: fitting(prefixed(before, [...names, ...candidatesOf(values)]), current),
    anything: false,
  };
}

function prefixed(before: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.map((each) => ({ ...each, value: before + each.value }));
}
