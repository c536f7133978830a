import type { TargetSpec, TargetState } from './target-host.js';

/** By what a target admits others than its node, or has admitted them, which the catalog does not know of. */
export interface ForeignAccess {
  /** Rules of its ACL: initiator names and addresses. */
  readonly rules: readonly string[];
  readonly accounts: readonly string[];
  /** The initiators of sessions that are not the node's. */
  readonly sessions: readonly string[];
}

/** Compares who may log in to a target, and who has, with its spec. What the spec has and the target lacks is left out. */
export function foreignAccess(
  spec: Pick<TargetSpec, 'initiator' | 'chap'>,
  { initiators, accounts, connections }: Pick<TargetState, 'initiators' | 'accounts' | 'connections'>,
): ForeignAccess {
  const strangers = connections.map(({ initiator }) => initiator).filter((name) => name !== spec.initiator);
  return {
    rules: without(initiators, spec.initiator),
    accounts: without(accounts, spec.chap.user),
    sessions: [...new Set(strangers)],
  };
}

/** Reports whether a target admits its node alone. */
export function isClean({ rules, accounts, sessions }: ForeignAccess): boolean {
  return rules.length + accounts.length + sessions.length === 0;
}

/** Describes what a target has that nobody but somebody's hand can have added; undefined if there is nothing. */
export function describeForeign(access: ForeignAccess): string | undefined {
  if (isClean(access)) {
    return undefined;
  }
  const { rules, accounts, sessions } = access;
  const parts = [
    ...rules.map((rule) => `the rule ${rule}`),
    ...accounts.map((account) => `the account ${account}`),
    ...sessions.map((initiator) => `a session of ${initiator}`),
  ];
  return `its target has what the catalog does not know: ${parts.join(', ')}`;
}

/** Returns the values without one occurrence of the expected one. */
function without(values: readonly string[], expected: string): readonly string[] {
  const at = values.indexOf(expected);
  return at === -1 ? values : values.toSpliced(at, 1);
}
