import { type ListOptions, type NamePage, type NameRecord } from './contract.js';

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
