import { z } from 'zod';

import { formatBytes, formatDuration } from '@patchbay/objects';

type Json = z.core.JSONSchema.JSONSchema;

/** Lists the keys of a configuration's schema as the reference page has them, `objects[].name`, with their defaults. */
export function keysOf(schema: z.ZodType, prefix: string): [key: string, byDefault: string][] {
  return keysBelow(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), prefix);
}

function keysBelow(json: Json, prefix: string): [string, string][] {
  const { items } = json;
  if (typeof items === 'object' && !Array.isArray(items) && items.properties !== undefined) {
    return keysBelow(items, `${prefix}[]`);
  }
  if (json.properties === undefined) {
    return [[prefix, defaultText(json)]];
  }
  return Object.entries(json.properties).flatMap(([name, below]) =>
    typeof below === 'object' ? keysBelow(below, prefix === '' ? name : `${prefix}.${name}`) : [],
  );
}

function defaultText(json: Json): string {
  const value: unknown = json.default;
  if (typeof value === 'number' && json.unit === 'bytes') {
    return formatBytes(value);
  }
  if (typeof value === 'number' && json.unit === 'milliseconds') {
    return formatDuration(value);
  }
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}
