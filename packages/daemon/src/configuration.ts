import type { z } from 'zod';

import { didYouMean, issueMessage } from '@patchbay/objects';
import { knownKeys, readText, readUnits } from '@patchbay/objects/define';

import { type KeyPath, keyText } from './key-path.js';
import { invalid, type Problem } from './problems.js';
import { isRecord, readYamlFile, type YamlFile } from './yaml-file.js';

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
  const settings = settingsOf(options);
  const written = readUnits(options.schema, file?.content ?? {});
  const input = settings.reduce((whole, { path, value }) => withValue(whole, path, value), written);
  const parsed = options.schema.safeParse(input, { error: issueMessage });
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

/** Returns the settings of the environment, then those of the flags. */
function settingsOf({ schema, environment, flags = {} }: ConfigureOptions<z.ZodType>): Setting[] {
  const { values, keys } = environment ?? { values: {}, keys: {} };
  const given = [
    ...Object.entries(keys)
      .filter(([name]) => values[name] !== '')
      .map(([name, key]) => [key, values[name], name] as const),
    ...Object.entries(flags).map(([key, value]) => [key, value, flagOf(key)] as const),
  ];
  return given
    .filter(([, value]) => value !== undefined)
    .map(([key, value, source]) => {
      const path = key.split('.');
      return { path, value: typeof value === 'string' ? readText(schema, path, value) : value, source };
    });
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
  const missing = issue.code === 'invalid_type' && issue.message === 'is missing';
  return [problem(path, missing ? 'is required' : issue.message)];
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
