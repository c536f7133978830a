/** The fields of a cron expression: their bounds, and the names of their values, the least first. */
const fieldKinds = [
  { least: 0, most: 59 },
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  {
    least: 1,
    most: 12,
    names: names('january february march april may june july august september october november december'),
  },
  { least: 0, most: 6, names: names('sunday monday tuesday wednesday thursday friday saturday') },
] as const;

interface FieldKind {
  readonly least: number;
  readonly most: number;
  readonly names?: RegExp;
}

/**
 * Rewrites what croner does not take of a cron expression: the names of months and weekdays in full (`monday`), and
 * ranges that begin again (`22-2`, `fri-mon`). Anything else, also what is not valid, stays.
 */
export function plainCron(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  const kinds: readonly FieldKind[] = fieldKinds.slice(-fields.length);
  return fields
    .map((field, index) => {
      const { names, ...kind } = kinds[index] ?? { least: 0, most: 0 };
      const numbers = field.replaceAll(names ?? /$^/g, (...match) => {
        const groups = match.slice(1, kind.most - kind.least + 2) as readonly (string | undefined)[];
        return String(groups.findIndex((group) => group !== undefined) + kind.least);
      });
      return numbers
        .split(',')
        .map((part) => unrolled(part, kind))
        .join(',');
    })
    .join(' ');
}

/** Makes the pattern of names, in full or cut to three letters, with a group for each; an L may follow. */
function names(words: string): RegExp {
  const groups = words.split(' ').map((word) => `(${word.slice(0, 3)}(?:${word.slice(3)})?)`);
  return new RegExp(`(?<![a-z])(?:${groups.join('|')})(?![a-km-z])`, 'gi');
}

/** Writes a range that begins again after the field's last value as a list. */
function unrolled(part: string, { least, most }: FieldKind): string {
  const {
    first,
    last,
    step = '1',
  } = /^(?<first>\d+)-(?<last>\d+)(?:\/(?<step>\d+))?$/.exec(part)?.groups ?? {};
  const [from, to, by] = [Number(first), Number(last), Number(step)];
  if (!(from > to && from <= most && to >= least && by > 0)) {
    return part;
  }
  const count = most - least + 1;
  const values: number[] = [];
  for (let value = from; value <= to + count; value += by) {
    values.push(least + ((value - least) % count));
  }
  return values.join(',');
}
