import { cellText, fieldLabel } from './cell.js';
import { displayWidth, escapeLines, padToWidth } from './terminal.js';

const gap = '  ';
/** Objects nested deeper than this are formatted as JSON. */
const maxDepth = 4;

type Row = Readonly<Record<string, unknown>>;
type Field = readonly string[];

/**
 * Formats a method's result for people: a list of objects as a table, one object as one line per field, any other list
 * as one line per item, a string as it is, an empty list as `none`, null as the empty text. Values cannot control the
 * terminal. The text does not end in a line break.
 */
export function resultText(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'string') {
    return escapeLines(value);
  }
  if (Array.isArray(value)) {
    return listText(value);
  }
  return isRow(value) ? fieldsText(value) : cellText('', value);
}

/**
 * Formats an item that a method yields, for people: an object on one line, each field with its name before it; anything
 * else as `resultText` does.
 */
export function itemText(item: unknown): string {
  if (!isRow(item)) {
    return resultText(item);
  }
  const fields = labelled(fieldsOf([item], [])).flatMap(([field, label]) => {
    const value = valueAt(item, field);
    return value === undefined || value === null ? [] : [`${label} ${cellText(field.at(-1) ?? '', value)}`];
  });
  return fields.join(gap);
}

function listText(values: readonly unknown[]): string {
  if (values.length === 0) {
    return 'none';
  }
  return values.every(isRow) ? tableText(values) : values.map((each) => cellText('', each)).join('\n');
}

/** Formats objects as a table with a column for every field that any of them has. */
function tableText(rows: readonly Row[]): string {
  const fields = fieldsOf(rows, []);
  if (fields.length === 0) {
    return rows.map(() => '-').join('\n');
  }
  const columns = labelled(fields).map(([field, label]) => {
    const values = rows.map((row) => valueAt(row, field));
    const cells = [label.toUpperCase(), ...values.map((each) => cellText(field.at(-1) ?? '', each))];
    const isNumeric = values.every((each) => typeof each === 'number' || each === null || each === undefined);
    const width = Math.max(...cells.map(displayWidth));
    return cells.map((cell) => padToWidth(cell, width, isNumeric ? 'right' : 'left'));
  });
  const lineAt = (index: number): string =>
    columns
      .map((cells) => cells[index] ?? '')
      .join(gap)
      .trimEnd();
  return [0, ...rows.map((_, index) => index + 1)].map(lineAt).join('\n');
}

/** Formats one object as two columns; fields that are lists of objects follow, each as a table of its own. */
function fieldsText(row: Row): string {
  const fields = labelled(fieldsOf([row], [])).map(([field, label]) => {
    return { name: field.at(-1) ?? '', label, value: valueAt(row, field) };
  });
  const isTable = ({ value }: { readonly value: unknown }): boolean =>
    Array.isArray(value) && value.length > 0 && value.every(isRow);
  const scalars = fields.filter((each) => !isTable(each));
  const width = Math.max(0, ...scalars.map(({ label }) => displayWidth(label)));
  const lines = scalars.map(
    ({ name, label, value }) => padToWidth(label, width) + gap + cellText(name, value),
  );
  const tables = fields.filter(isTable).map(({ label, value }) => {
    return `${label}:\n${tableText(value as Row[]).replace(/^/gm, gap)}`;
  });
  return [lines.join('\n'), ...tables].filter((each) => each !== '').join('\n\n');
}

/**
 * Lists the fields of objects in the order of their appearance. A field that holds objects with the same keys in every
 * row is flattened; one whose objects differ, such as metadata, stays one field.
 */
function fieldsOf(rows: readonly Row[], path: Field): Field[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.flatMap((name) => {
    const field = [...path, name];
    const nested = rows.map((row) => row[name]).filter((each) => each !== null && each !== undefined);
    return nested.length > 0 && nested.every(isRow) && sameKeys(nested) && path.length + 1 < maxDepth
      ? fieldsOf(nested, field)
      : [field];
  });
}

function sameKeys(rows: readonly Row[]): boolean {
  const keys = rows.map((row) => JSON.stringify(Object.keys(row).sort()));
  return keys[0] !== '[]' && new Set(keys).size === 1;
}

/** Pairs each field with its label; fields whose labels would collide keep their names. */
function labelled(fields: readonly Field[]): [Field, string][] {
  const labels = fields.map(fieldLabel);
  return fields.map((field, index) => {
    const label = labels[index] ?? '';
    const isUnique = labels.indexOf(label) === labels.lastIndexOf(label);
    return [field, isUnique ? label : cellText('', field.join('.'))];
  });
}

function valueAt(row: Row, field: Field): unknown {
  return field.reduce<unknown>((value, name) => (isRow(value) ? value[name] : undefined), row);
}

function isRow(value: unknown): value is Row {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
