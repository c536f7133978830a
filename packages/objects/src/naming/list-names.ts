import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import type { ListOptions, NamePage, NameRecord } from './contract.js';

/**
 * Adds a command's pattern to the options of a list: as a glob if it contains `*` or `?`, else as a prefix.
 * @throws RpcError `ARGUMENT_SURPLUS` if the options have a glob already
 */
export function selectNames(pattern: string, options: ListOptions): ListOptions {
  if (!/[*?]/.test(pattern)) {
    return { ...options, prefix: pattern };
  }
  if (options.glob !== undefined) {
    const both = `${quoted(pattern)} and ${quoted(options.glob)}`;
    throw coreError('ARGUMENT_SURPLUS', `two globs, ${both}; give one`);
  }
  return { ...options, glob: pattern };
}

/** The largest page of a name server's list, in names. */
export const maxPageSize = 1000;

/** Lists all names that match, page by page. @throws RpcError `PATTERN_INVALID`, `LIMIT_OUT_OF_RANGE` */
export async function listAllNames(
  names: { list(options: ListOptions): PromiseLike<NamePage> },
  selection: ListOptions,
): Promise<NameRecord[]> {
  const records: NameRecord[] = [];
  let after: string | undefined;
  do {
    const page = await names.list({ ...selection, after, limit: maxPageSize });
    records.push(...page.names);
    after = page.next;
  } while (after !== undefined);
  return records;
}
