import {
  type ArgDescription,
  formatBytes,
  formatDuration,
  type JsonSchema,
  type MethodDescription,
  type ObjectDescription,
  type OptionDescription,
  optionSpelling,
  usageLine,
} from '@patchbay/objects';
import { escapeLines } from '@patchbay/terminal';

import { termList, wrap, wrapHanging } from './layout.js';

/** How help is written. */
export interface HelpForm {
  /** What stands before a method's name on a command line, such as `rpcclient ` or `rpcclient echo.`. */
  readonly prefix: string;
  /** The columns that there are. */
  readonly width: number;
}

/** Writes an object's help: its methods with their arguments. */
export function objectHelp(object: ObjectDescription, { prefix, width }: HelpForm): string {
  const methods = object.methods.map((method): [string, string] => [
    usageLine({ ...method, options: [] }),
    method.summary,
  ]);
  return joined([
    wrap(`${object.name}: ${object.summary}`, width).join('\n'),
    methods.length === 0 ? 'It has no methods.' : `Methods:\n${termList(methods, width)}`,
    `"${prefix}METHOD --help" tells a method's options.`,
  ]);
}

/** Writes a method's help: how it is used, and what its arguments and options mean. */
export function methodHelp(method: MethodDescription, { prefix, width }: HelpForm): string {
  const usage = `Usage: ${prefix}${usageLine(method)}`;
  return joined([
    wrapHanging(usage, width, 'Usage: '.length + 4),
    wrap(method.summary, width).join('\n'),
    section('Arguments', method.args.map(argTerm), width),
    section('Options', method.options.map(optionTerm), width),
  ]);
}

function argTerm({ placeholder, summary, schema }: ArgDescription): [string, string] {
  return [placeholder, withNotes(summary, notesOf(schema))];
}

function optionTerm(option: OptionDescription): [string, string] {
  const notes = notesOf(option.schema);
  if (option.schema.type === 'array') {
    notes.push('may be repeated');
  }
  if (option.required) {
    notes.push('required');
  }
  return [optionSpelling(option), withNotes(option.summary, notes)];
}

/** Says what a value looks like where its name does not, and what it is when left out. */
function notesOf(schema: JsonSchema): string[] {
  const alternatives: unknown = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    return [...(alternatives as JsonSchema[]).flatMap(notesOf), ...defaultNote(schema)];
  }
  const notes: string[] = [];
  if (typeof schema.const === 'string') {
    notes.push(schema.const);
  }
  if (Array.isArray(schema.enum)) {
    notes.push(schema.enum.map(String).join(', '));
  }
  if (schema.unit === 'bytes') {
    notes.push('such as 20GiB or 1.5TB');
  }
  if (schema.unit === 'milliseconds') {
    notes.push('such as 30s or 1h30m');
  }
  if (schema.type === 'object' || (schema.type === undefined && schema.$ref === undefined)) {
    notes.push('JSON');
  }
  return [...notes, ...defaultNote(schema)];
}

function defaultNote(schema: JsonSchema): string[] {
  return schema.default === undefined || schema.type === 'boolean'
    ? []
    : [`default: ${valueText(schema.default, schema.unit)}`];
}

function valueText(value: unknown, unit: unknown): string {
  if (typeof value === 'number' && unit === 'bytes') {
    return formatBytes(value);
  }
  if (typeof value === 'number' && unit === 'milliseconds') {
    return formatDuration(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function withNotes(summary: string, notes: readonly string[]): string {
  return notes.length === 0 ? summary : `${summary} (${notes.join('; ')})`.trimStart();
}

function section(title: string, terms: readonly (readonly [string, string])[], width: number): string {
  return terms.length === 0 ? '' : `${title}:\n${termList(terms, width)}`;
}

/** Joins what there is by empty lines. The words are a server's, so they may not drive the terminal. */
function joined(parts: readonly string[]): string {
  return escapeLines(parts.filter((each) => each !== '').join('\n\n'));
}
