import type { Unit } from '../object/schemas.js';

const suffixes = [
  ['bytes', 'Bytes'],
  ['milliseconds', 'Ms'],
] as const satisfies [Unit, string][];

/** Converts `sizeBytes` or `size_bytes` to `size-bytes`. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Returns the unit in a field's name: bytes for `sizeBytes`. */
export function unitOf(name: string): Unit | undefined {
  return suffixes.find(([, suffix]) => name.endsWith(suffix) && name.length > suffix.length)?.[0];
}

/** Removes a unit from the end of a name: people read `size: 20 GiB` and write `--size 20GiB`. */
export function withoutUnit(name: string, unit: unknown): string {
  const suffix = suffixes.find(([each]) => each === unit && each === unitOf(name))?.[1] ?? '';
  return name.slice(0, name.length - suffix.length);
}
