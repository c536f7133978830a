import { coreError, didYouMean, quoted } from '@patchbay/objects';

import { jsonText } from './json.js';
import { escapeLines } from './terminal.js';

/** The formats in which a result can be printed. */
export const formats = ['table', 'json', 'yaml', 'ndjson'] as const;
/** A format in which a result can be printed. */
export type Format = (typeof formats)[number];

/** Reads the value of `--format`, and `--json`, which is `--format json`. @throws RpcError `ARGUMENT_INVALID` */
export function readFormat(text: string | undefined, json: boolean): Format {
  const format = text === undefined ? undefined : formats.find((each) => each === text);
  if (text !== undefined && format === undefined) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --format must be ${formats.join(', ')}, not ${quoted(text)}${didYouMean(text, formats)}`,
    );
  }
  if (json && format !== undefined && format !== 'json') {
    throw coreError('ARGUMENT_INVALID', `--json and --format ${format} contradict each other; give one`);
  }
  return json ? 'json' : (format ?? 'table');
}

/**
 * Formats a value; every line ends in a newline. `table` is for people: a table, or `text` where it is given. `json` is
 * one JSON value, `yaml` one YAML document, and `ndjson` one line of JSON for each row of a list. Null is empty except
 * in JSON and YAML.
 *
 * @param toYaml writes a value as one YAML document that ends in a newline
 */
export async function formatted(
  value: unknown,
  format: Format,
  toYaml: (value: unknown) => Promise<string>,
  text?: string,
): Promise<string> {
  switch (format) {
    case 'table':
      return terminated(text ?? (await readable(value)));
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

/** Formats a value for people. The code for tables is loaded when there is one. */
async function readable(value: unknown): Promise<string> {
  return typeof value === 'string' ? escapeLines(value) : (await import('./table.js')).resultText(value);
}

function terminated(text: string): string {
  return text === '' ? '' : `${text}\n`;
}
