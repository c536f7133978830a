import { type Unit } from '../object/schemas.js';

const suffixes = [
  ['bytes', 'Bytes'],
  ['milliseconds', 'Ms'],
] as const satisfies [Unit, string][];

/** Turns `sizeBytes` or `size_bytes` into `size-bytes`. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Tells a field's unit from its name: `sizeBytes` counts bytes. */
export function unitOf(name: string): Unit | undefined {
  return suffixes.find(([, suffix]) => name.endsWith(suffix) && name.length > suffix.length)?.[0];
}

/** Drops a unit from a name that ends in it: a person reads `size: 20 GiB` and writes `--size 20GiB`. */
export function withoutUnit(name: string, unit: unknown): string {
  const suffix = suffixes.find(([each]) => each === unit && each === unitOf(name))?.[1] ?? '';
  return name.slice(0, name.length - suffix.length);
}
