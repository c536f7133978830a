import {
  type Access,
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

import { termList, wrap, wrapHanging } from './layout.js';
import { shortFor } from './short-options.js';
import { escapeLines } from './terminal.js';

/** How help is laid out. */
export interface HelpForm {
  /** What precedes a method's name on a command line, such as `rpcclient ` or `rpcclient echo.`. */
  readonly prefix: string;
  /** The width in columns. */
  readonly width: number;
}

/** A term of a list of arguments, options or commands, and what it means. */
export type Term = readonly [term: string, meaning: string];

/** A page of help. Every command's has this form: usage, purpose, lists, and notes at the end. */
export interface HelpPage {
  /** The forms of the command line, without `Usage: `. */
  readonly usage: readonly string[];
  readonly about: string;
  readonly sections: readonly (readonly [title: string, terms: readonly Term[]])[];
  readonly notes?: readonly string[];
}

/** Formats a page of help. Parts of it may come from a server, so control characters are escaped. */
export function helpText({ usage, about, sections, notes = [] }: HelpPage, width: number): string {
  const title = 'Usage: ';
  const forms = usage.map((form) => wrapHanging(title + form, width, title.length + 4));
  const further = forms.slice(1).map((form) => form.replace(title, ' '.repeat(title.length)));
  return joined([
    [forms[0] ?? '', ...further].join('\n'),
    wrap(about, width).join('\n'),
    ...sections.map((each) => section(...each, width)),
    ...notes.map((note) => wrap(note, width).join('\n')),
  ]);
}

/** Formats an option of a command, the short one first: `-o, --format FORMAT`. @param spelling `--format FORMAT` */
export function optionTerm(spelling: string): string {
  const short = shortFor(spelling.replace(/^--/, '').split(' ')[0] ?? '');
  return `${short === undefined ? '   ' : `-${short},`} ${spelling}`;
}

/** Returns an object's help: its methods with their arguments, and its properties. */
export function objectHelp(object: ObjectDescription, { prefix, width }: HelpForm): string {
  const methods = object.methods.map(methodTerm);
  const properties = (object.properties ?? []).map((each): Term => [each.name, meaningOf(each)]);
  return joined([
    wrap(`${object.name}: ${meaningOf(object)}`, width).join('\n'),
    methods.length === 0 ? 'It has no methods.' : section('Methods', methods, width),
    section('Properties', properties, width),
    `"${helpOf(prefix)}METHOD" shows a method's options.`,
  ]);
}

/** Returns a method or a verb as one line of a list: its usage without options, and its summary. */
export function methodTerm(method: MethodDescription): Term {
  return [usageLine({ ...method, options: [] }), meaningOf(method)];
}

interface Described {
  readonly summary: string;
  readonly deprecated?: string | undefined;
}

function meaningOf({ summary, deprecated }: Described): string {
  return withNotes(summary, deprecated === undefined ? [] : [`deprecated: ${deprecated}`]);
}

/**
 * Returns a method's help: its usage, its arguments and options.
 * @param isHidden whether a flag is also that of an option of the command, which takes precedence
 */
export function methodHelp(
  method: MethodDescription,
  { prefix, width }: HelpForm,
  isHidden: (flag: string) => boolean = () => false,
): string {
  const page = {
    usage: [prefix + usageLine(method)],
    about: meaningOf(method),
    sections: [
      ['Arguments', method.args.map(argTerm)],
      ['Options', method.options.map((option): Term => [optionSpelling(option), optionMeaning(option)])],
    ],
    notes: [
      ...timeLimitNote(method),
      ...accessNote(method),
      ...(method.destructive === true
        ? ['It destroys something: on a terminal, rpcclient asks first, unless --yes is given.']
        : []),
      ...(method.job === undefined
        ? []
        : ['It is a job by default: rpcclient submits it and returns at once, unless --no-async is given.']),
      ...(method.requiresReason === true ? ['It wants to know why it is called: give --reason TEXT.'] : []),
      ...hiddenOptionsNote(method, prefix, isHidden),
    ],
  } as const;
  return helpText(page, width);
}

function timeLimitNote({ timeoutMs }: MethodDescription): string[] {
  if (timeoutMs === undefined) {
    return [];
  }
  return [
    `Time limit: ${timeoutMs === 'none' ? timeoutMs : formatDuration(timeoutMs)}; --timeout sets another`,
  ];
}

const accessNotes = {
  open: 'Needs no identity',
  member: 'Needs an identity',
  view: 'Needs the role viewer',
  operate: 'Needs the role operator',
  administer: 'Needs the role admin',
} as const satisfies Record<Access, string>;

function accessNote({ access }: MethodDescription): string[] {
  return access === undefined ? [] : [accessNotes[access]];
}

/** Explains how to reach options that have the name of one of the command's; nothing if there are none. */
function hiddenOptionsNote(
  { name, options }: MethodDescription,
  prefix: string,
  isHidden: (flag: string) => boolean,
): string[] {
  const hidden = options.map(({ flag }) => flag).filter(isHidden);
  const [program = '', ...object] = prefix.split(' ');
  const note = `${hidden.join(', ')}: ${program} has an option of this name too; write "${program} -- ${object.join(' ')}${name} ..." for the method's.`;
  return hidden.length === 0 ? [] : [note];
}

/** Returns `rpcclient help echo.` for `rpcclient echo.`. */
function helpOf(prefix: string): string {
  return prefix.replace(' ', ' help ');
}

/** Returns a positional argument as a term of a list. */
export function argTerm(argument: ArgDescription): Term {
  const { placeholder, summary, schema } = argument;
  return [placeholder, withNotes(summary, [...notesOf(schema), ...secretNote(argument)])];
}

/** Returns the meaning of an option, with notes on its values. */
export function optionMeaning(option: OptionDescription): string {
  const notes = notesOf(option.schema);
  if (option.schema.type === 'array') {
    notes.push('may be repeated');
  }
  if (option.required) {
    notes.push('required');
  }
  notes.push(...secretNote(option));
  return withNotes(option.summary, notes);
}

function secretNote({ secret }: { readonly secret?: boolean | undefined }): string[] {
  return secret === true ? ['secret: give "-" to type it unseen, or to pipe it in'] : [];
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

function section(title: string, terms: readonly Term[], width: number): string {
  return terms.length === 0 ? '' : `${title}:\n${termList(terms, width)}`;
}

/** Joins paragraphs by empty lines. The text comes from a server, so its control characters are escaped. */
function joined(parts: readonly string[]): string {
  return escapeLines(parts.filter((each) => each !== '').join('\n\n'));
}
