import type { z } from 'zod';

import { didYouMean } from '@patchbay/objects';

import { invalid, type Problem } from './problems.js';
import { knownKeys, readText, readUnits } from './schema-walk.js';
import { type KeyPath, keyText, readYamlFile, type YamlFile } from './yaml-file.js';

/** Where a configuration comes from. */
export interface ConfigureOptions<Schema extends z.ZodType> {
  /** Strict objects throughout (`z.strictObject`). Defaults are declared here and nowhere else. */
  readonly schema: Schema;
  /** The path of a YAML file; absent when the command has no configuration file or none was given. */
  readonly file?: string | undefined;
  /** The environment, and which variable sets which key: `{ PATCHBAY_LOG_LEVEL: 'log.level' }`. Empty means unset. */
  readonly environment?: {
    readonly values: Readonly<Record<string, string | undefined>>;
    readonly keys: Readonly<Record<string, string>>;
  };
  /** Values by key, `{ 'log.level': 'debug' }`; messages call that flag `--log-level`. Undefined means unset. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/**
 * Reads a command's configuration: flags over environment over file over the schema's defaults, validated as a whole
 * and deeply frozen. @throws RpcError `CONFIG_INVALID` with every problem in `details.problems`
 */
export function configure<Schema extends z.ZodType>(
  options: ConfigureOptions<Schema>,
): Readonly<z.output<Schema>> {
  const file = options.file === undefined ? undefined : readYamlFile(options.file);
  const settings = [...fromEnvironment(options.environment), ...fromFlags(options.flags ?? {})].map(
    (setting) => parseSetting(setting, options.schema),
  );
  const written = readUnits(options.schema, file?.content ?? {});
  const input = settings.reduce((whole, { path, value }) => withValue(whole, path, value), written);
  const parsed = options.schema.safeParse(input);
  if (!parsed.success) {
    throw invalid(parsed.error.issues.flatMap((issue) => problemsOf(issue, options.schema, file, settings)));
  }
  return deepFreeze(parsed.data);
}

/** A value that overrides the file's, and its source as messages name it. */
interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly source: string;
}

function fromEnvironment(environment: ConfigureOptions<z.ZodType>['environment']): Setting[] {
  const { values, keys } = environment ?? { values: {}, keys: {} };
  return Object.entries(keys).flatMap(([name, key]) => {
    const value = values[name];
    return value === undefined || value === '' ? [] : [{ path: key.split('.'), value, source: name }];
  });
}

function fromFlags(flags: Readonly<Record<string, unknown>>): Setting[] {
  return Object.entries(flags).flatMap(([key, value]) =>
    value === undefined ? [] : [{ path: key.split('.'), value, source: flagOf(key) }],
  );
}

function parseSetting(setting: Setting, schema: z.ZodType): Setting {
  const { path, value } = setting;
  return typeof value === 'string' ? { ...setting, value: readText(schema, path, value) } : setting;
}

function flagOf(key: string): string {
  return `--${key.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function withValue(whole: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) {
    return value;
  }
  const around = isRecord(whole) ? whole : {};
  return { ...around, [step]: withValue(around[step], rest, value) };
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  file: YamlFile | undefined,
  settings: readonly Setting[],
): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const problem = (at: KeyPath, message: string): Problem => {
    const setting = settings.findLast((candidate) =>
      candidate.path.every((step, depth) => step === at[depth]),
    );
    if (setting !== undefined && setting.path.length > 0) {
      return { where: setting.source, message };
    }
    const where = file === undefined ? 'configuration' : `${file.name}:${String(file.lineOf(at))}`;
    return at.length === 0 ? { where, message } : { where, key: keyText(at), message };
  };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      problem([...path, key], `unknown key${didYouMean(key, knownKeys(schema, issue.path))}`),
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative whose errors lie deepest is most likely the intended one.
    const nearest = issue.errors.reduce((best, errors) => (depthOf(errors) > depthOf(best) ? errors : best));
    return nearest.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, schema, file, settings),
    );
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [problem(path, missing ? 'is required' : issue.message)];
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
