const versionedName = /^(?<base>.+)\/v(?<version>0|[1-9][0-9]{0,8})$/;

/** Parses a name with a version, such as `storage/v2`; returns undefined for any other. */
export function versionedNameIn(
  name: string,
): { readonly base: string; readonly version: number } | undefined {
  const { base, version } = versionedName.exec(name)?.groups ?? {};
  return base === undefined ? undefined : { base, version: Number(version) };
}

/** Returns the versions of a bare name among names, newest first. */
export function versionsOf(base: string, names: Iterable<string>): readonly string[] {
  const version = (name: string): number => versionedNameIn(name)?.version ?? -1;
  return [...names]
    .filter((name) => versionedNameIn(name)?.base === base)
    .sort((a, b) => version(b) - version(a));
}
