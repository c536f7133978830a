import type { ClusterMember } from '@patchbay/objects';

import { changedEntries, type EntryChanges } from './entries.js';
import { authorityError } from './errors.js';
import type { Hosts, HostView } from './hosts.js';
import { byName, maxPage, type Page, pageOf } from './page.js';
import type { Planned, RecordChange, Records } from './records.js';

/** How many variables a host has at most. */
export const maxVariables = 64;

/** A host with all that is known of it. */
export interface HostDetails extends HostView {
  readonly variables: Record<string, string>;
}

/** What hosts have for jobs: variables, by which arguments get defaults. */
export class HostVariables {
  readonly #records: Records;
  readonly #hosts: Hosts;

  constructor(records: Records, hosts: Hosts) {
    this.#records = records;
    this.#hosts = hosts;
  }

  /** Returns a host with its variables. @throws RpcError `RECORD_NOT_FOUND` */
  show(name: string): HostDetails {
    return { ...this.#hosts.find(name), variables: { ...this.#records.get('variables', name) } };
  }

  /** Sets (a text) or removes (undefined) variables of a host. @throws RpcError `RECORD_NOT_FOUND`, `RECORDS_EXHAUSTED` */
  async set(name: string, changes: EntryChanges): Promise<HostDetails> {
    await this.#records.change((): Planned<undefined> => {
      this.#hosts.find(name);
      const before = this.#records.get('variables', name) ?? {};
      const value = changedEntries(before, changes);
      const count = Object.keys(value).length;
      if (count > maxVariables) {
        const message = `host:${name} would have ${String(count)} variables, and may have ${String(maxVariables)}; remove some with NAME=`;
        throw authorityError('RECORDS_EXHAUSTED', message, {
          details: { kind: 'variable', limit: maxVariables },
        });
      }
      const change: RecordChange = { kind: 'variables', name, value: count === 0 ? undefined : value };
      return { changes: [change], result: undefined };
    });
    return this.show(name);
  }

  /**
   * Lists active hosts, by name.
   *
   * @param names the variables that are asked for
   * @throws RpcError `RECORD_NOT_FOUND`
   */
  members(page: Page = { limit: maxPage }, names: readonly string[] = []): ClusterMember[] {
    const sorted = this.#records.all('host').sort(byName);
    return pageOf(sorted, page, ({ state }) => state === 'active').map(([name, host]) => {
      const { groups, labels, sealingKey } = host;
      const known = names.length === 0 ? {} : (this.#records.get('variables', name) ?? {});
      const variables = Object.fromEntries(Object.entries(known).filter(([each]) => names.includes(each)));
      return { name, groups, labels, variables, ...(sealingKey !== undefined && { sealingKey }) };
    });
  }
}
