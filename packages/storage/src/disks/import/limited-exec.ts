import { type Exec, ExecError, type ExecOptions, type ExecResult, toolMissing } from '../../exec.js';

/** The limits of a program that reads untrusted data. */
export interface ToolLimits {
  readonly memoryBytes: number;
  /** Processor time, in seconds; default: no limit. */
  readonly cpuSeconds?: number;
}

/** What the header of an image may make a tool use: 1 GiB of memory, and ten minutes of processor time. */
export const headerLimits: ToolLimits = { memoryBytes: 2 ** 30, cpuSeconds: 600 };

const notFound = 127;

/** Runs a program within limits. @throws ExecError when it fails; RpcError `TOOL_MISSING` when it is not installed */
export async function execLimited(
  exec: Exec,
  { memoryBytes, cpuSeconds }: ToolLimits,
  [program, ...args]: readonly [string, ...string[]],
  options: ExecOptions,
): Promise<ExecResult> {
  const limits = [
    `--as=${String(memoryBytes)}`,
    ...(cpuSeconds === undefined ? [] : [`--cpu=${String(cpuSeconds)}`]),
  ];
  try {
    return await exec('prlimit', [...limits, '--', program, ...args], options);
  } catch (error) {
    throw error instanceof ExecError && error.exitCode === notFound ? toolMissing(program) : error;
  }
}
