import { stringify } from 'yaml';

import { jsonText } from '@patchbay/terminal';

/** Writes a value as one YAML document of what JSON can hold, bytes in base64. It ends in a newline. */
export function yamlText(value: unknown): string {
  const plain = JSON.parse(jsonText(value ?? null)) as unknown;
  // Without aliases, which not every reader takes; with quotes around what older readers take for a date or a switch;
  // without folding: one line of text stays one line.
  return stringify(plain, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 });
}
