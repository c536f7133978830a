import { coreError, didYouMean, quoted } from '@patchbay/objects';
import { jsonText, resultText } from '@patchbay/terminal';

import type { CommandContext } from './context.js';
import type { GlobalOptionName } from './global-options.js';

/** The formats in which a result can be printed. */
export const formats = ['table', 'json', 'yaml', 'ndjson'] as const;
export type Format = (typeof formats)[number];

/** Reads `--format`, and `--json`, which is its alias. @throws RpcError `ARGUMENT_INVALID` */
export function readFormat(options: ReadonlyMap<GlobalOptionName, string>): Format {
  const text = options.get('format');
  const format = text === undefined ? undefined : formats.find((each) => each === text);
  if (text !== undefined && format === undefined) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --format must be ${formats.join(', ')}, not ${quoted(text)}${didYouMean(text, formats)}`,
    );
  }
  if (options.has('json') && format !== undefined && format !== 'json') {
    throw coreError('ARGUMENT_INVALID', `--json and --format ${format} contradict each other; give one`);
  }
  return options.has('json') ? 'json' : (format ?? 'table');
}

/**
 * Formats a value; every line ends in a newline. `table` is for people: a table, or `text` where it is given. `json` is
 * one JSON value, `yaml` one YAML document, and `ndjson` one line of JSON for each row of a list. Null is empty except
 * in JSON and YAML.
 */
export async function formatted(
  value: unknown,
  format: Format,
  { toYaml }: Pick<CommandContext, 'toYaml'>,
  text?: string,
): Promise<string> {
  switch (format) {
    case 'table':
      return terminated(text ?? resultText(value));
    case 'json':
      return terminated(jsonText(value));
    case 'yaml':
      return await toYaml(value);
    case 'ndjson': {
      const rows: readonly unknown[] = Array.isArray(value)
        ? value
        : [value].filter((row) => row !== null && row !== undefined);
      return rows.map((row) => terminated(jsonText(row))).join('');
    }
    default:
      return format satisfies never;
  }
}

function terminated(text: string): string {
  return text === '' ? '' : `${text}\n`;
}
