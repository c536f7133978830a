import { formatBytes, formatDuration, kebabCase, unitOf, withoutUnit } from '@patchbay/objects';

import { escapeControls } from './terminal.js';

/** The text for an absent value, so that a table keeps its columns. */
const absent = '-';

/** The furthest moment from the epoch that a date holds, in milliseconds. */
const maxMomentMs = 8.64e15;

const timestamp = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.\d+Z$/;

/**
 * Formats one value of a field for people, on one line: `sizeBytes` as `10.0 GiB`, `leaseMs` as `10s`, `createdAt`
 * and `createdAtMs` as a timestamp without its milliseconds, booleans as yes and no, lists of scalars with commas, anything deeper as JSON.
 */
export function cellText(field: string, value: unknown): string {
  return escapeControls(rawText(field, value));
}

function rawText(field: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return objectText(field, value);
  }
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  if (typeof value === 'number') {
    return numberText(field, value);
  }
  if (typeof value === 'string') {
    return field.endsWith('At') ? value.replace(timestamp, '$1Z') : value;
  }
  return absent;
}

/** The fields whose number is a moment, in milliseconds since the Unix epoch, and no duration. */
const momentField = /[a-z](?:At|Before)Ms$/;

function numberText(field: string, value: number): string {
  if (momentField.test(field) && Math.abs(value) <= maxMomentMs) {
    return rawText('At', new Date(value).toISOString());
  }
  const unit = unitOf(field);
  if (unit === 'bytes') {
    return formatBytes(value);
  }
  return unit === 'milliseconds' && value >= 0 ? formatDuration(value) : String(value);
}

function objectText(field: string, value: object): string {
  if (Object.keys(value).length === 0) {
    return absent;
  }
  if (value instanceof Uint8Array) {
    return `(${formatBytes(value.length)})`;
  }
  return Array.isArray(value) && value.every((each) => typeof each !== 'object')
    ? value.map((each) => rawText(field, each)).join(', ')
    : JSON.stringify(value);
}

/** Returns the label of a field: `target.chap user` for `target.chapUser`, `size` for `sizeBytes`. */
export function fieldLabel(path: readonly string[]): string {
  const labels = path.map((name) => kebabCase(withoutUnit(name, unitOf(name))).replaceAll('-', ' '));
  return escapeControls(labels.join('.'));
}
