import { kebabCase } from '@patchbay/objects';

/** Returns the words that make a call by `rpcclient`, quoted for a shell. */
export function commandLine(object: string, method: string, args: readonly unknown[]): string {
  const last = args.at(-1);
  const options = isOptions(last) ? last : undefined;
  const positionals = (options === undefined ? args : args.slice(0, -1)).map(textOf);
  const flags = Object.entries(options ?? {}).map(
    ([name, value]) => `--${kebabCase(name)}${value === true ? '' : `=${textOf(value)}`}`,
  );
  const isAmbiguous = positionals.some((text) => text.startsWith('-'));
  return [`${object}.${method}`, ...flags, ...(isAmbiguous ? ['--'] : []), ...positionals]
    .map(quoted)
    .join(' ');
}

function isOptions(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
