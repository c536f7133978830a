import { formats } from './format.js';

/** The letters that are short for options, the same in every command. */
const shortOptions: Readonly<Partial<Record<string, string>>> = { o: 'format', h: 'help' };

/** Returns the letter that is short for an option; undefined if there is none. @param name without dashes */
export function shortFor(name: string): string | undefined {
  return Object.keys(shortOptions).find((letter) => shortOptions[letter] === name);
}

/**
 * Returns the long form of a short option: `--format=json` for `-o=json` and `-ojson`. Any other argument is returned as
 * it is, also `-old`, which may be an argument of a method.
 */
export function longForm(arg: string): string {
  if (formats.some((format) => arg === `-o${format}`)) {
    return `--format=${arg.slice(2)}`;
  }
  const { letter = '', value = '' } = /^-(?<letter>[a-z])(?<value>=.*)?$/s.exec(arg)?.groups ?? {};
  const name = shortOptions[letter];
  return name === undefined ? arg : `--${name}${value}`;
}
