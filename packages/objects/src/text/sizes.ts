/** Describes what `parseBytes` accepts, for error messages. */
export const acceptedSizes =
  'a size in bytes such as 4096, 512MiB, 20GiB or 1.5TB (G and GiB are 1024^3 bytes, GB is 10^9)';

const letters = ['', 'K', 'M', 'G', 'T', 'P'] as const;
const pattern = /^(\d{1,16})(?:\.(\d{1,9}))? ?(?:([KMGTP]?)(iB|B)?)$/i;

/**
 * Parses a size into whole bytes: a number, then a unit. `K`, `M`, `G`, `T`, `P` alone or with `iB` are powers of 1024,
 * as in qemu-img and LVM; with `B` they are powers of 1000; without a unit the number is bytes. Case is ignored.
 * Fractions are rounded to the nearest byte. Returns undefined for any other text, and for values beyond a number's
 * exact range (8 PiB).
 */
export function parseBytes(text: string): number | undefined {
  const [, whole, fraction = '', letter = '', suffix = ''] = pattern.exec(text) ?? [];
  const power = letters.indexOf(letter.toUpperCase() as (typeof letters)[number]);
  const needsUnit = fraction !== '' || suffix.toUpperCase() === 'IB';
  if (whole === undefined || (power === 0 && needsUnit)) {
    return undefined;
  }
  const base = suffix.toUpperCase() === 'B' ? 1000n : 1024n;
  // In integers: 1.1 * 10^9 is not 1,100,000,000 in floating point.
  const scale = 10n ** BigInt(fraction.length);
  const bytes = (BigInt(whole + fraction) * base ** BigInt(power) + scale / 2n) / scale;
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : undefined;
}

/** Formats a number of bytes for people, in powers of 1024 with one decimal: `512 B`, `10.0 GiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.round(Math.abs(bytes));
  const sign = bytes < 0 ? '-' : '';
  if (value < 1024) {
    return `${sign}${String(value)} B`;
  }
  let power = 0;
  // What would round to 1024.0 of one unit becomes 1.0 of the next.
  while (value >= 1023.95 && power < letters.length - 1) {
    value /= 1024;
    power += 1;
  }
  return `${sign}${value.toFixed(1)} ${letters[power] ?? ''}iB`;
}
