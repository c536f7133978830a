import { kebabCase, withoutUnit } from '../text/field-name.js';
import { type JsonSchema } from './description.js';

/** Gives the flag of every option: without its unit, unless that is another option's name. */
export function flagsOf(options: ReadonlyMap<string, JsonSchema>): Map<string, string> {
  const full = [...options.keys()].map(kebabCase);
  const short = [...options].map(([name, schema]) => kebabCase(withoutUnit(name, schema.unit)));
  const count = (flag: string): number => [...full, ...short].filter((each) => each === flag).length;
  return new Map(
    [...options.keys()].map((name, index) => {
      const [long = '', brief = ''] = [full[index], short[index]];
      return [name, `--${brief !== long && count(brief) > 1 ? long : brief}`];
    }),
  );
}
