import { type ListOptions, type NameRecord } from '@patchbay/core';

import { type Names } from '../client.js';
import { pageLimits } from '../list-names.js';

/** The options by which a command selects names by their pattern. */
export const patternOptions = {
  glob: {
    type: 'string',
    describe: 'Names like this: * and ? within a part, ** also across "." and "/"',
  },
  regex: {
    type: 'string',
    describe: 'Names that this regular expression (RE2 syntax) matches as a whole',
  },
} as const;

/** Lists every name that is selected, however many there are. */
export async function listAll(names: Names, selection: ListOptions): Promise<NameRecord[]> {
  const records: NameRecord[] = [];
  for (let after: string | undefined; ;) {
    const page = await names.list({ ...selection, after, limit: pageLimits.max });
    records.push(...page.names);
    if (page.next === undefined) {
      return records;
    }
    after = page.next;
  }
}
