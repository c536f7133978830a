import type { z } from 'zod';

import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  null: 'null',
  undefined: 'left out',
  never: 'left out',
  date: 'a date',
};

const formats: Readonly<Record<string, string>> = {
  url: 'a URL',
  email: 'an e-mail address',
  uuid: 'a UUID',
  datetime: 'a timestamp such as 2026-11-20T15:04:05Z',
  date: 'a date such as 2026-11-20',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'base64',
};

const affixes: Readonly<Record<string, { readonly verb: string; readonly field: string }>> = {
  starts_with: { verb: 'start with', field: 'prefix' },
  ends_with: { verb: 'end with', field: 'suffix' },
  includes: { verb: 'contain', field: 'includes' },
};

/**
 * Returns the message of an issue, to follow `argument "node":`, for zod's per-parse `error`. Messages of the schema
 * itself take precedence; undefined leaves an issue to zod's own message.
 */
export function issueMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return invalidType(issue.expected, issue.input);
    case 'too_small':
      return limit(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return limit(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${String(issue.divisor)}`;
    case 'invalid_format':
      return invalidFormat(issue.format, issue);
    case 'invalid_value':
      return invalidValue(issue.values, issue.input);
    case 'unrecognized_keys':
      return `must not have the key ${issue.keys.slice(0, 3).map(quoted).join(' or ')}`;
    case 'invalid_union': {
      const messages = issue.errors.flatMap((issues) => issues.slice(0, 1).map(({ message }) => message));
      return messages.length === 0 ? undefined : [...new Set(messages)].join('; or ');
    }
    case 'custom':
      return 'is not valid';
    case 'invalid_key':
      return 'has a key that is not valid';
    case 'invalid_element':
      return 'has an item that is not valid';
    default:
      return undefined;
  }
}

/** Returns the message of an issue of a secret, which it does not repeat: what a schema itself says may do so. */
export function secretIssueMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
    case 'invalid_format':
    case 'unrecognized_keys':
      return issueMessage(issue) ?? 'is not valid';
    default:
      return 'is not valid; it is secret, and not repeated here';
  }
}

function invalidType(expected: string, input: unknown): string {
  if (input === undefined) {
    return 'is missing';
  }
  const got = Array.isArray(input)
    ? 'a list'
    : input === null || typeof input === 'number'
      ? String(input)
      : (kinds[typeof input] ?? typeof input);
  return `must be ${kinds[expected] ?? expected}, not ${typeof input === 'boolean' ? String(input) : got}`;
}

function limit(origin: string, bound: number | bigint, relation: string): string {
  const text = String(bound);
  switch (origin) {
    case 'string':
      return `must have ${relation} ${text} ${text === '1' ? 'character' : 'characters'}`;
    case 'array':
    case 'set':
      return `must have ${relation} ${text} ${text === '1' ? 'item' : 'items'}`;
    default:
      return `must be ${relation} ${text}`;
  }
}

function invalidFormat(format: string, issue: Readonly<Record<string, unknown>>): string {
  if (format === 'regex') {
    return `must match ${String(issue.pattern)}`;
  }
  const affix = affixes[format];
  return affix === undefined
    ? `must be ${formats[format] ?? `a valid ${format}`}`
    : `must ${affix.verb} ${literal(issue[affix.field])}`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function invalidValue(values: readonly unknown[], input: unknown): string {
  const accepted = `must be ${values.map((each) => literal(each)).join(' or ')}`;
  return typeof input === 'string'
    ? `${accepted}, not ${quoted(input)}${didYouMean(
        input,
        values.filter((each) => typeof each === 'string'),
      )}`
    : accepted;
}
