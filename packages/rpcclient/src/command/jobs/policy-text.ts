import {
  acceptedDurations,
  type Code,
  didYouMean,
  isCode,
  type JobPolicy,
  jobsError,
  parseDuration,
  quoted,
} from '@patchbay/objects';

/** What `--job` says: the policy, and the id if it is the caller's own. */
export type TypedPolicy = JobPolicy & { readonly id?: string };

type Read = (text: string, nowMs: number) => TypedPolicy | undefined;

interface Key {
  /** Describes valid values, for error messages. */
  readonly expects: string;
  /** Returns undefined for any other text. */
  readonly read: Read;
  /** Whether it is of runs alone. */
  readonly isOfRuns?: boolean;
}

const day = 86_400_000;
/** No duration of a policy is longer, in milliseconds. */
const maxMs = 366 * day;

/** The keys of `--job`, in the order of the reference. */
export const policyKeys = {
  retries: {
    expects: 'a number from 0 to 100',
    read: (text) => within(text, 0, 100, (retries) => ({ retries })),
  },
  backoff: { expects: acceptedDurations, read: (text) => duration(text, 0, (backoffMs) => ({ backoffMs })) },
  'retry-on': { expects: 'codes such as UNAVAILABLE,ABORTED', read: readCodes },
  timeout: {
    expects: `none or ${acceptedDurations}, and more than 0`,
    read: (text) =>
      text === 'none' ? { timeoutMs: text } : duration(text, 1, (timeoutMs) => ({ timeoutMs })),
  },
  priority: {
    expects: 'a number from 0, the first, to 9',
    read: (text) => within(text, 0, 9, (priority) => ({ priority })),
  },
  'not-before': {
    expects:
      'a time such as 22:00, a timestamp such as 2026-01-31T22:00:00Z, or how long from now, such as 2h',
    read: (text, nowMs) => {
      const notBeforeMs = moment(text, nowMs);
      return notBeforeMs === undefined ? undefined : { notBeforeMs };
    },
  },
  expires: { expects: acceptedDurations, read: (text) => duration(text, 0, (expiresMs) => ({ expiresMs })) },
  'at-once': {
    expects: 'a number of hosts from 1, or a share of them such as 10%',
    read: (text) => (isShare(text) ? { atOnce: text } : undefined),
    isOfRuns: true,
  },
  'stop-after': {
    expects: 'a number of failed hosts from 1, or a share of them such as 10%',
    read: (text) => (isShare(text) ? { stopAfter: text } : undefined),
    isOfRuns: true,
  },
  id: {
    expects: 'at most 128 letters, digits and . _ @ : + -, a letter or digit first',
    read: (text) => (/^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}$/.test(text) ? { id: text } : undefined),
  },
} as const satisfies Readonly<Record<string, Key>>;

/** The keys of which a policy has several, each with a name behind a dot: of an argument, or of a variable. */
const namedKeys = {
  from: {
    expects: 'host. and the name of a variable, such as host.image',
    name: /^[A-Za-z]\w{0,63}$/,
    value: /^host\.[a-z0-9][a-z0-9._-]{0,62}$/,
  },
  save: {
    expects: 'result, or a path in it, such as result.version',
    name: /^[a-z0-9][a-z0-9._-]{0,62}$/,
    value: /^result(\.[A-Za-z0-9_-]+)*$/,
  },
} as const;

type KeyName = keyof typeof policyKeys;
const keyNames = Object.keys(policyKeys) as KeyName[];

/**
 * Reads the value of `--job`: `KEY=VALUE` with commas between them. The codes of `retry-on` have commas between them too.
 *
 * @param nowMs the wall-clock time, in milliseconds since the Unix epoch
 * @param isRun whether the call is made on hosts
 * @throws RpcError `POLICY_INVALID`, whose `details.path` is the key
 */
export function readPolicy(text: string, nowMs: number, isRun: boolean): TypedPolicy {
  const given = new Map<KeyName, string>();
  const named: { from?: Record<string, string>; save?: Record<string, string> } = {};
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    const codes = given.get('retry-on');
    if (name === undefined || value === undefined) {
      if (codes === undefined || [...given.keys()].at(-1) !== 'retry-on') {
        throw invalid(part, `--job must be KEY=VALUE, with commas between them, not ${quoted(part)}`);
      }
      given.set('retry-on', `${codes},${part.trim()}`);
      continue;
    }
    const [, kind, entry = ''] = /^(from|save)\.(.+)$/.exec(name) ?? [];
    if (kind === 'from' || kind === 'save') {
      named[kind] = { ...named[kind], [entry]: namedValue(kind, entry, value, isRun) };
      continue;
    }
    if (!isKey(name)) {
      const hint = didYouMean(name, keyNames) || `; there are ${keyNames.join(', ')}`;
      throw invalid(name, `--job has no key ${quoted(name)}${hint}`);
    }
    if (given.has(name)) {
      throw invalid(name, `--job has ${name} twice`);
    }
    given.set(name, value);
  }
  return Object.assign(
    named,
    ...[...given].map(([name, value]) => readKey(name, value, nowMs, isRun)),
  ) as TypedPolicy;
}

/** Checks an entry of `from` or `save`. @throws RpcError `POLICY_INVALID` */
function namedValue(kind: 'from' | 'save', entry: string, value: string, isRun: boolean): string {
  const { expects, name, value: valid } = namedKeys[kind];
  const key = `${kind}.${entry}`;
  if (!isRun) {
    throw invalid(key, `${key} of --job is of calls on hosts: give --on SELECTOR too`);
  }
  if (!name.test(entry) || !valid.test(value)) {
    throw invalid(key, `${kind}.NAME of --job must be ${expects}, not ${quoted(value)}`);
  }
  return value;
}

function readKey(name: KeyName, value: string, nowMs: number, isRun: boolean): TypedPolicy {
  const { expects, read, isOfRuns = false }: Key = policyKeys[name];
  if (isOfRuns && !isRun) {
    throw invalid(name, `${name} of --job is of calls on several hosts: give --on SELECTOR too`);
  }
  const policy = read(value, nowMs);
  if (policy === undefined) {
    throw invalid(name, `${name} of --job must be ${expects}, not ${quoted(value)}`);
  }
  return policy;
}

function invalid(path: string, message: string): Error {
  return jobsError('POLICY_INVALID', message, { details: { path: path.trim().slice(0, 80) } });
}

function isKey(name: string): name is KeyName {
  return Object.hasOwn(policyKeys, name);
}

function within(
  text: string,
  min: number,
  max: number,
  policyOf: (value: number) => TypedPolicy,
): TypedPolicy | undefined {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? policyOf(value) : undefined;
}

function duration(text: string, min: number, policyOf: (ms: number) => TypedPolicy): TypedPolicy | undefined {
  const ms = parseDuration(text);
  return ms === undefined || ms < min || ms > maxMs ? undefined : policyOf(ms);
}

function readCodes(text: string): TypedPolicy | undefined {
  const codes = text.split(',').map((each) => each.trim().toUpperCase());
  return codes.every((each): each is Code => isCode(each)) ? { retryOn: [...new Set(codes)] } : undefined;
}

function isShare(text: string): boolean {
  return /^(?:[1-9]\d{0,5}|100%|[1-9]\d?%)$/.test(text);
}

/** Returns the moment that a text means: of a clock, the next time that it shows that; undefined for any other text. */
function moment(text: string, nowMs: number): number | undefined {
  const ms = parseDuration(text);
  if (ms !== undefined) {
    return ms > maxMs ? undefined : nowMs + ms;
  }
  const clock = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock !== null) {
    const [hours, minutes, seconds] = clock.slice(1).map((each: string | undefined) => Number(each ?? 0));
    const at = new Date(nowMs);
    at.setHours(hours ?? 0, minutes, seconds, 0);
    if (at.getTime() <= nowMs) {
      at.setDate(at.getDate() + 1); // by the calendar: a day is not always 24 hours
    }
    return at.getTime();
  }
  const atMs = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)
    ? new Date(text.length === 10 ? `${text}T00:00` : text).getTime()
    : NaN;
  return Number.isNaN(atMs) || atMs < 0 ? undefined : atMs;
}
