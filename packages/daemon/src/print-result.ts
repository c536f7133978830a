import { formats, formatted, readFormat } from '@patchbay/terminal';

import type { Parameters, ValuesOf } from './command.js';
import { writeOut } from './standard-output.js';
import { yamlText } from './yaml.js';

/** The options of every command that prints a result. */
export const formatOptions = {
  format: {
    type: 'string',
    summary: `Print the result as ${formats.slice(0, -1).join(', ')} or ${String(formats.at(-1))}`,
    defaultNote: formats[0],
  },
  json: { type: 'boolean', default: false, summary: 'Same as --format json' },
} as const satisfies Parameters;

/** The values of these options. */
export type FormatValues = ValuesOf<typeof formatOptions>;

/** Refuses the value of an option `--format`, if a command has one. @throws RpcError `ARGUMENT_INVALID` */
export function checkFormat({ format, json }: Readonly<Record<string, unknown>>): void {
  readFormat(typeof format === 'string' ? format : undefined, json === true);
}

/**
 * Prints a command's result in the format that the options name.
 * @param shown what people read instead: a text, or what the table is made of. Default: the result
 */
export async function printResult(value: unknown, options: FormatValues, shown = value): Promise<void> {
  const format = readFormat(options.format, options.json);
  const toYaml = (each: unknown): Promise<string> => Promise.resolve(yamlText(each));
  await writeOut(await formatted(format === 'table' ? shown : value, format, toYaml));
}
