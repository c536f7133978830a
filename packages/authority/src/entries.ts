/** What is set, or where undefined removed, of named texts such as labels. */
export type EntryChanges = Readonly<Record<string, string | undefined>>;

/** Returns named texts with changes made to them. */
export function changedEntries(
  before: Readonly<Record<string, string>>,
  changes: EntryChanges,
): Record<string, string> {
  const entries = Object.entries({ ...before, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}
