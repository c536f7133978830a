import { exitStatusOf, isRpcError, type RpcError } from '@patchbay/objects';

import { command, type Command } from './command.js';
import { formatOptions, printResult } from './print-result.js';
import { errorAbout, type Problem, problemsOf } from './problems.js';

/**
 * Creates a daemon's command `check-config FILE`. `check` reads the file as `start` would, opens nothing, and throws
 * what is wrong: one error, or an `AggregateError` of several. Each problem is printed as a line on standard error, and
 * except in a table as an element of the list on standard output.
 */
export function checkConfigCommand(check: (file: string) => Promise<void>): Command {
  return command({
    name: 'check-config',
    summary: 'Read a configuration file as start would, and report what is wrong with it',
    args: { file: { type: 'string', required: true, summary: 'The configuration file (YAML)' } },
    options: formatOptions,
    run: async ({ file, ...format }) => {
      const errors = await errorsOf(() => check(file));
      const [first] = errors;
      if (first === undefined) {
        await printResult({ file, problems: [] }, format, `${file} is fine`);
        return;
      }
      process.exitCode = exitStatusOf(first); // also if the reader of the output leaves
      await printResult({ file, problems: errors.map(toRow) }, format, null);
      throw new AggregateError(errors, `${file} is not fine`);
    },
  });
}

/** Returns the problems that a check found, as one error each. @throws errors other than `RpcError`: bugs */
async function errorsOf(check: () => Promise<void>): Promise<readonly RpcError[]> {
  try {
    await check();
    return [];
  } catch (error) {
    const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
    return errors.flatMap((each) => {
      if (!isRpcError(each)) {
        throw each;
      }
      const problems = problemsOf(each);
      return problems.length === 0 ? [each] : problems.map((problem) => errorAbout(problem, each));
    });
  }
}

function toRow(error: RpcError): Partial<Problem> & { readonly reason: string } {
  const [problem = { message: error.message }] = problemsOf(error);
  return { reason: error.reason, ...problem };
}
