import {
  coreError,
  isRpcError,
  listAllNames,
  type MethodSignature,
  nameServerCalls,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
  toRpcError,
} from '@patchbay/objects';
import { escapeControls, formatted } from '@patchbay/terminal';

import type { CommandContext, Output } from '../command/context.js';
import type { Settings } from '../command/settings.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** A call as the object `calls.DAEMON.HOST` shows it, as far as it matters here. */
interface LoggedCall {
  readonly at: string;
  readonly durationMs: number;
  readonly direction: 'in' | 'out';
  readonly caller: string;
  readonly onBehalfOf?: string;
  readonly object: string;
  readonly method: string;
  readonly code?: string;
  readonly reason?: string;
  readonly arguments?: unknown;
  readonly callId: string;
  /** The server that answered it and says so, where the log is another's. */
  readonly reportedBy?: string;
  readonly missed?: number;
}

type Filter = Readonly<Record<string, unknown>>;

/** The methods of a log, declared here as the command may not import those who keep it. */
interface LogMethods {
  readonly list: MethodSignature<[filter: Filter], { readonly calls: readonly LoggedCall[] }>;
  readonly follow: MethodSignature<[filter: Filter], null, LoggedCall>;
}

/** A call, and the name of the log that has it. */
type Found = LoggedCall & { readonly log: string };

/** How many calls are shown by default. */
const defaultLimit = 50;
/** How long a log may take to answer, in milliseconds. */
const patienceMs = 15_000;

/** `rpcclient calls`: shows the logged calls of all daemons, merged by time, or follows them. */
export const prepare: PrepareVerb = (line, settings, context) => {
  const { follow, limit = defaultLimit, ...filter } = readVerbArgs('calls', line, ['object']).options;
  if (follow === true && (filter.since !== undefined || filter.until !== undefined)) {
    throw coreError(
      'ARGUMENT_INVALID',
      '--follow shows what is called from now on; leave out --since and --until',
    );
  }
  return async (out) => {
    const logs = await namesOfLogs(settings, context);
    if (follow === true) {
      await followAll(logs, filter, settings, context, out);
      return;
    }
    const found = await listAll(logs, { ...filter, limit }, settings, context);
    const calls = withoutReported(found)
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(0, Number(limit))
      .reverse();
    const rows = settings.format === 'table' ? calls.map((each) => rowOf(each, logs.length > 1)) : calls;
    out.write(await formatted(rows, settings.format, context.toYaml));
  };
};

/** Leaves out what the name server has of a server whose own log has it too. */
function withoutReported(found: readonly Found[]): Found[] {
  const own = new Set(found.flatMap(({ callId, reportedBy }) => (reportedBy === undefined ? [callId] : [])));
  return found.filter(({ callId, reportedBy }) => reportedBy === undefined || !own.has(callId));
}

/** Returns the names of the logs of all daemons that are up. @throws RpcError `NAMESERVER_UNAVAILABLE` */
async function namesOfLogs({ timeoutMs }: Settings, context: CommandContext): Promise<string[]> {
  const { client, nameServer, signal } = context;
  const names = client.proxy<NameServerMethods>(nameServerObject, { signal, timeoutMs });
  const records = await listAllNames(names, { glob: 'calls.**' }).catch((error: unknown) => {
    throw nameServerFailure(error, nameServer);
  });
  for (const { name, endpoints } of records) {
    if (endpoints.length > 1) {
      warn(context, `${name} is the log of ${String(endpoints.length)} daemons, and one of them is asked`);
    }
  }
  return [nameServerCalls, ...records.map(({ name }) => name)];
}

/** Asks every log, and names those that did not answer. @throws RpcError of one of them if none answered */
async function listAll(
  logs: readonly string[],
  filter: Filter,
  { timeoutMs = patienceMs }: Settings,
  context: CommandContext,
): Promise<Found[]> {
  const { client, signal } = context;
  const asked = logs.map(async (log): Promise<Found[] | Error> => {
    try {
      const { calls } = await client.proxy<LogMethods>(log, { signal, timeoutMs }).list(filter);
      return calls.map((call) => ({ log, ...call }));
    } catch (error) {
      return toRpcError(error);
    }
  });
  const answers = await Promise.all(asked);
  const failures = answers.filter((each) => each instanceof Error);
  const [failure] = failures;
  if (failure !== undefined && (failures.length === logs.length || isRpcError(failure, 'ARGUMENT_INVALID'))) {
    throw failure;
  }
  answers.forEach((answer, index) => {
    if (answer instanceof Error) {
      warn(context, `${logs[index] ?? ''} did not answer: ${answer.message}`);
    }
  });
  return answers.flatMap((answer) => (answer instanceof Error ? [] : answer));
}

/** Shows calls as they are answered, until it is cancelled or no log is left. @throws RpcError of the last one then */
async function followAll(
  logs: readonly string[],
  filter: Filter,
  { format }: Settings,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const { client, signal } = context;
  let left = logs.length;
  const followed = logs.map(async (log) => {
    try {
      for await (const call of client.proxy<LogMethods>(log, { signal, timeoutMs: 'none' }).follow(filter)) {
        if (call.missed !== undefined) {
          warn(context, `${log}: ${String(call.missed)} calls were too many to show`);
        }
        const found = { log, ...call };
        out.write(
          format === 'table'
            ? lineOf(found, logs.length > 1)
            : await formatted([found], 'ndjson', context.toYaml),
        );
        await out.ready();
      }
    } catch (error) {
      left -= 1;
      if (left === 0 || signal.aborted || isRpcError(error, 'ARGUMENT_INVALID')) {
        throw error;
      }
      warn(context, `${log} is no longer followed: ${toRpcError(error).message}`);
    }
  });
  await Promise.all(followed);
}

function rowOf(call: Found, namesLog: boolean): Readonly<Record<string, unknown>> {
  return {
    at: call.at,
    ...(namesLog ? { log: call.log } : {}),
    caller: callerOf(call),
    call: `${call.direction === 'out' ? '→ ' : ''}${call.object}.${call.method}`,
    arguments: call.arguments === undefined ? '' : JSON.stringify(call.arguments),
    durationMs: Math.round(call.durationMs),
    error: call.reason ?? call.code ?? '',
  };
}

function lineOf(call: Found, namesLog: boolean): string {
  const { at, log, caller, call: name, arguments: given, durationMs, error } = rowOf(call, namesLog);
  const cells = [at, log, caller, name, given, `${String(durationMs)}ms`, error];
  return `${escapeControls(
    cells
      .filter((each) => each !== undefined && each !== '')
      .map(String)
      .join('  '),
  )}\n`;
}

function callerOf({ caller, onBehalfOf }: LoggedCall): string {
  return onBehalfOf === undefined ? caller : `${caller} for ${onBehalfOf}`;
}

function warn({ errors }: CommandContext, text: string): void {
  errors.write(`${escapeControls(`warning: ${text}`)}\n`);
}
