import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { type ListOptions, type NamePage, type NameRecord } from './contract.js';

/**
 * Reads what a command is given to list names by: a glob where it has `*` or `?`, else what the names begin with.
 * @throws RpcError `ARGUMENT_SURPLUS` when it and the option are two globs
 */
export function selectNames(pattern: string, options: ListOptions): ListOptions {
  if (!/[*?]/.test(pattern)) {
    return { ...options, prefix: pattern };
  }
  if (options.glob !== undefined) {
    throw coreError(
      'ARGUMENT_SURPLUS',
      `two globs, ${quoted(pattern)} and ${quoted(options.glob)}; give one`,
    );
  }
  return { ...options, glob: pattern };
}

/** The most names that a page of a name server's list has. */
export const largestPage = 1000;

/** Lists every name that is selected, page by page, however many there are. @throws RpcError what `list` throws */
export async function listAllNames(
  names: { list(options: ListOptions): PromiseLike<NamePage> },
  selection: ListOptions,
): Promise<NameRecord[]> {
  const records: NameRecord[] = [];
  for (let after: string | undefined; ;) {
    const page = await names.list({ ...selection, after, limit: largestPage });
    records.push(...page.names);
    if (page.next === undefined) {
      return records;
    }
    after = page.next;
  }
}
