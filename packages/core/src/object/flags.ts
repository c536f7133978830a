import { type JsonSchema } from './description.js';

/** Turns `sizeBytes` or `size_bytes` into the words of a command line: `size-bytes`. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Drops the unit from a name whose schema tells it: a person writes `--size 20GiB`, not `--size-bytes`. */
export function withoutUnit(name: string, schema: JsonSchema): string {
  const suffix = schema.unit === 'bytes' ? 'Bytes' : schema.unit === 'milliseconds' ? 'Ms' : '';
  return suffix !== '' && name.endsWith(suffix) && name.length > suffix.length
    ? name.slice(0, -suffix.length)
    : name;
}

/** Gives the flag of every option: without its unit, unless that is another option's name. */
export function flagsOf(options: ReadonlyMap<string, JsonSchema>): Map<string, string> {
  const full = [...options.keys()].map(kebabCase);
  const short = [...options].map(([name, schema]) => kebabCase(withoutUnit(name, schema)));
  const count = (flag: string): number => [...full, ...short].filter((each) => each === flag).length;
  return new Map(
    [...options.keys()].map((name, index) => {
      const [long = '', brief = ''] = [full[index], short[index]];
      return [name, `--${brief !== long && count(brief) > 1 ? long : brief}`];
    }),
  );
}
