import { isRpcError, type RpcError } from '@patchbay/objects';
import { jsonText } from '@patchbay/terminal';

import { command, type Command } from './command.js';
import { errorAbout, type Problem, problemsOf } from './problems.js';
import { writeOut } from './standard-output.js';

/**
 * Creates a daemon's command `check-config FILE`. `check` reads the file as `start` would, opens nothing, and throws
 * what is wrong: one error, or an `AggregateError` of several. Each problem is printed as a line on standard error, and
 * with `--json` as an element of the list on standard output.
 */
export function checkConfigCommand(check: (file: string) => Promise<void>): Command {
  return command({
    usage: 'check-config <file>',
    summary: 'Read a configuration file as start would, and say what is wrong with it',
    positionals: { file: { type: 'string', demandOption: true, describe: 'The configuration file (YAML)' } },
    options: { json: { type: 'boolean', default: false, describe: 'Print JSON, for programs' } },
    run: async ({ file, json }) => {
      const errors = await errorsOf(() => check(file));
      if (json) {
        await writeOut(`${jsonText({ file, problems: errors.map(toRow) })}\n`);
      } else if (errors.length === 0) {
        await writeOut(`${file} is fine\n`);
      }
      if (errors.length > 0) {
        throw new AggregateError(errors, `${file} is not fine`);
      }
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
