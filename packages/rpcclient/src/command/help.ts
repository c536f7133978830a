import {
  type ArgDescription,
  coreError,
  didYouMean,
  formatBytes,
  formatDuration,
  type JsonSchema,
  type MethodDescription,
  type ObjectDescription,
  type OptionDescription,
  optionSpelling,
  quoted,
  usageLine,
} from '@patchbay/objects';
import { escapeLines } from '@patchbay/terminal';

import { isGlobalOption } from './global-options.js';
import { termList, wrap, wrapHanging } from './layout.js';

/** How help is laid out. */
export interface HelpForm {
  /** What precedes a method's name on a command line, such as `rpcclient ` or `rpcclient echo.`. */
  readonly prefix: string;
  /** The width in columns. */
  readonly width: number;
}

/** Returns an object's help: its methods with their arguments. */
export function objectHelp(object: ObjectDescription, { prefix, width }: HelpForm): string {
  const methods = object.methods.map(methodTerm);
  return joined([
    wrap(`${object.name}: ${object.summary}`, width).join('\n'),
    methods.length === 0 ? 'It has no methods.' : `Methods:\n${termList(methods, width)}`,
    `"${prefix}METHOD --help" shows a method's options.`,
  ]);
}

/** Returns a method or a verb as one line of a list: its usage without options, and its summary. */
export function methodTerm(method: MethodDescription): [string, string] {
  return [usageLine({ ...method, options: [] }), method.summary];
}

/** Returns a method's help: its usage, its arguments and options, and how to reach those named like global ones. */
export function methodHelp(method: MethodDescription, { prefix, width }: HelpForm): string {
  const usage = `Usage: ${prefix}${usageLine(method)}`;
  return joined([
    wrapHanging(usage, width, 'Usage: '.length + 4),
    wrap(method.summary, width).join('\n'),
    section('Arguments', method.args.map(argTerm), width),
    section('Options', method.options.map(optionTerm), width),
    hiddenOptionsNote(method, { prefix, width }),
  ]);
}

/** Finds a method in its object's description. @throws RpcError `METHOD_NOT_FOUND` */
export function findMethod({ name, methods }: ObjectDescription, method: string): MethodDescription {
  const found = methods.find((each) => each.name === method);
  if (found === undefined) {
    const names = methods.map((each) => each.name);
    throw coreError(
      'METHOD_NOT_FOUND',
      `${name} has no method ${quoted(method)}${didYouMean(method, names) || '; see "rpcclient --help"'}`,
    );
  }
  return found;
}

/** Explains how to reach options that have the name of a global one; empty if there are none. */
function hiddenOptionsNote({ name, options }: MethodDescription, { prefix, width }: HelpForm): string {
  const hidden = options.map(({ flag }) => flag).filter((flag) => isGlobalOption(flag.slice(2)));
  if (hidden.length === 0) {
    return '';
  }
  const [program, ...object] = prefix.split(' ');
  const note = `${hidden.join(', ')}: rpcclient has an option of this name too; write "${String(program)} -- ${object.join(' ')}${name} ..." for the method's.`;
  return wrap(note, width).join('\n');
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

/** Returns notes on what a value looks like, where its name does not show it, and on its default. */
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

/** Joins paragraphs by empty lines. The text comes from a server, so its control characters are escaped. */
function joined(parts: readonly string[]): string {
  return escapeLines(parts.filter((each) => each !== '').join('\n\n'));
}
