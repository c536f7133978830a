const versionedName = /^(?<base>.+)\/v(?<version>0|[1-9][0-9]{0,8})$/;

/** A name with a version, `BASE/vN`. */
export interface VersionedName {
  readonly base: string;
  readonly version: number;
}

/** Parses a name with a version, such as `storage/v2`; returns undefined for any other. */
export function versionedNameIn(name: string): VersionedName | undefined {
  const { base, version } = versionedName.exec(name)?.groups ?? {};
  return base === undefined ? undefined : { base, version: Number(version) };
}

/** Returns the versions of a bare name among names, newest first. */
export function versionsOf(base: string, names: Iterable<string>): readonly string[] {
  const versions: { name: string; version: number }[] = [];
  for (const name of names) {
    const versioned = versionedNameIn(name);
    if (versioned?.base === base) {
      versions.push({ name, version: versioned.version });
    }
  }
  return versions.sort((a, b) => b.version - a.version).map(({ name }) => name);
}
