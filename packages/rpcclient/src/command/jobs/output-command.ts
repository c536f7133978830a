import {
  type ArgDescription,
  coreError,
  isRpcError,
  type MethodDescription,
  type OptionDescription,
  type OutputChunk,
  readArgv,
} from '@patchbay/objects';

import { type OutputOptions, outputOf } from '../../jobs/follow.js';
import { openByteOutput } from '../byte-output.js';
import { type CommandContext, jobsObjectIn, type Output } from '../context.js';
import type { Settings } from '../settings.js';
import { followRun } from './follow-run.js';
import { RawPrinter } from './line-printer.js';
import { followedBy } from './followed.js';

/** The command `jobs.output` as a command line asks for it. */
export interface OutputCommand extends Pick<Settings, 'outputFile' | 'watchMs'> {
  readonly args: readonly string[];
}

/** What the command takes: as the method does, but for attempts. */
const description: MethodDescription = {
  name: 'output',
  summary: 'Print what a job wrote',
  args: [
    {
      name: 'id',
      summary: 'the job',
      required: true,
      placeholder: 'ID',
      schema: { type: 'string' },
    } satisfies ArgDescription,
  ],
  options: [
    option('from', { type: 'integer', minimum: 0 }, 'FROM'),
    option('follow', { type: 'boolean' }),
    option('stream', { anyOf: [{ type: 'string', enum: ['out', 'err'] }] }, 'STREAM'),
    option('find', { type: 'string' }, 'FIND'),
  ],
  returns: {},
  idempotent: true,
};

/**
 * `rpcclient jobs.output ID`: prints the bytes that a job wrote, standard output and standard error on our own; of a
 * run with `--follow`, those of all its hosts. Where the connection is lost it resumes.
 *
 * @throws RpcError `JOB_NOT_FOUND`, `OUTPUT_GONE`, `ARGUMENT_INVALID`
 */
export async function printOutput(
  command: OutputCommand,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const { positionals, options } = readArgv(description, command.args);
  const [id = ''] = positionals as string[];
  const { follow = false, ...rest } = options as OutputOptions;
  if (command.watchMs !== undefined) {
    throw coreError('ARGUMENT_INVALID', '--watch repeats calls; --follow is what prints further output');
  }
  if (rest.from !== undefined && !(Number.isSafeInteger(rest.from) && rest.from >= 0)) {
    throw coreError('ARGUMENT_INVALID', `--from must be an offset in bytes, not ${String(rest.from)}`);
  }
  const followed = followedBy(context);
  const printed = print(outputOf(followed, id, { ...rest, follow }), command, context, out);
  try {
    await printed;
  } catch (error) {
    if (!follow || !isRpcError(error, 'JOB_NOT_FOUND')) {
      throw error;
    }
    const run = await followed.jobs.show_run(id).catch(() => {
      throw error; // it is not a run either
    });
    const hosts = run.hosts.map(({ host }) => host);
    const away = run.hosts.filter(({ online }) => online === false).map(({ host }) => host);
    const receipt = { id, kind: 'run', state: 'running', hosts, away } as const;
    const options = { followed, jobsObject: jobsObjectIn(context.environment), format: 'table' } as const;
    await followRun(receipt, options, context, out);
  }
}

async function print(
  chunks: AsyncIterable<OutputChunk>,
  { outputFile }: OutputCommand,
  context: CommandContext,
  out: Output,
): Promise<void> {
  if (outputFile !== undefined) {
    await save(chunks, outputFile, context, out);
    return;
  }
  const printers = { out: new RawPrinter(out), err: new RawPrinter(context.errors) };
  try {
    for await (const { stream, bytes } of chunks) {
      await printers[stream].write(bytes);
    }
  } finally {
    printers.out.end();
    printers.err.end();
  }
}

async function save(
  chunks: AsyncIterable<OutputChunk>,
  path: string,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const file = openByteOutput(path, context, out);
  try {
    for await (const { bytes } of chunks) {
      await file.write(bytes);
    }
    await file.finish();
  } finally {
    await file.discard();
  }
}

function option(name: string, schema: OptionDescription['schema'], placeholder?: string): OptionDescription {
  const base = { name, flag: `--${name}`, summary: '', required: false, schema };
  return placeholder === undefined ? base : { ...base, placeholder };
}
