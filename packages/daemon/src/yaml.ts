import { stringify } from 'yaml';

import { jsonText } from '@patchbay/terminal';

/** Formats a value as one YAML document of JSON values, bytes as base64. It ends in a line break. */
export function yamlText(value: unknown): string {
  const plain = JSON.parse(jsonText(value ?? null)) as unknown;
  // No aliases, which not every reader accepts; quotes around what YAML 1.1 reads as a date or boolean; no folding, so
  // that one line of text stays one line.
  return stringify(plain, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 });
}
