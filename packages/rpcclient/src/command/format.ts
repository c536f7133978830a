import { coreError, didYouMean, quoted } from '@patchbay/objects';
import { jsonText, resultText } from '@patchbay/terminal';

import { type OwnOptionName } from './own-options.js';
import { type Stage } from './stage.js';

/** The forms that a result can be printed in. */
export const formats = ['table', 'json', 'yaml', 'ndjson'] as const;
export type Format = (typeof formats)[number];

/** Reads `--format`, and `--json`, which is its alias. @throws RpcError `ARGUMENT_INVALID` */
export function readFormat(own: ReadonlyMap<OwnOptionName, string>): Format {
  const text = own.get('format');
  const format = text === undefined ? undefined : formats.find((each) => each === text);
  if (text !== undefined && format === undefined) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --format must be ${formats.join(', ')}, not ${quoted(text)}${didYouMean(text, formats)}`,
    );
  }
  if (own.has('json') && format !== undefined && format !== 'json') {
    throw coreError('ARGUMENT_INVALID', `--json and --format ${format} contradict each other; give one`);
  }
  return own.has('json') ? 'json' : (format ?? 'table');
}

/**
 * Writes a value in a format, each line ended: for people as a table, or as the text that is given for it; as one JSON
 * value or one YAML document; or of a list each row as a line of JSON. Nothing at all for null but in JSON and YAML.
 */
export async function formatted(
  value: unknown,
  format: Format,
  { toYaml }: Pick<Stage, 'toYaml'>,
  text?: string,
): Promise<string> {
  switch (format) {
    case 'table':
      return ended(text ?? resultText(value));
    case 'json':
      return ended(jsonText(value));
    case 'yaml':
      return await toYaml(value);
    case 'ndjson':
      return rowsOf(value)
        .map((row) => ended(jsonText(row)))
        .join('');
    default:
      return format satisfies never;
  }
}

function rowsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    return value;
  }
  return value === null || value === undefined ? [] : [value];
}

function ended(text: string): string {
  return text === '' ? '' : `${text}\n`;
}
