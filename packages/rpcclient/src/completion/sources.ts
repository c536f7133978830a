import {
  type Clock,
  coreError,
  identityObjectName,
  type MethodDescription,
  type NameServerMethods,
  nameServerObject,
  type ObjectDescription,
  type ValuesFrom,
  valuesIn,
} from '@patchbay/objects';

import type { Client } from '../client.js';

/** Where completion finds names, methods and values. Each may fail; then nothing is offered. */
export interface Sources {
  /** Returns registered names that begin with a prefix. */
  names(prefix: string): Promise<readonly string[]>;
  describe(object: string): Promise<ObjectDescription>;
  /** Returns the hosts of the cluster, to those who may list them. */
  hosts(): Promise<readonly KnownHost[]>;
  /** Returns the values that an argument may have. @param args the call's values for the arguments that `from` asks for */
  values(object: ObjectDescription, from: ValuesFrom, args: readonly string[]): Promise<readonly string[]>;
}

/** A host that a call may be made on. */
export interface KnownHost {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Nobody reads more candidates than this. */
const maxNames = 200;

/** How long somebody who pressed Tab waits, in milliseconds. */
const patienceMs = 1_500;

/**
 * Returns sources that ask the servers, for one press of Tab: what is not there in time fails, so that the rest is offered.
 *
 * @param timeoutMs how long all requests together may take, from now on
 */
export function clientSources(client: Client, clock: Clock, timeoutMs = patienceMs): Sources {
  const tooLate = clock.sleep(timeoutMs, { background: true }).then(() => {
    throw coreError('DEADLINE_PASSED', 'nobody waits for the candidates any longer');
  });
  tooLate.catch(() => undefined); // where nothing was asked
  const inTime = <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, tooLate]);
  return {
    names: async (prefix) => {
      const names = client.proxy<NameServerMethods>(nameServerObject, { timeoutMs });
      const page = await inTime(names.list({ prefix, limit: maxNames }));
      return page.names.map(({ name }) => name);
    },
    describe: (object) => inTime(client.describe(object)),
    hosts: async () =>
      hostsIn(await inTime(client.call(identityObjectName, 'list_hosts', [], { timeoutMs }))),
    values: async (object, from, args) => {
      const method = object.methods.find(({ name }) => name === from.method);
      if (method === undefined || !mayBeCalled(method, args.length)) {
        const message = `${object.name} has no method "${from.method}" that lists values`;
        throw coreError('METHOD_NOT_FOUND', message);
      }
      const call = client.callWithArgv(object.name, from.method, ['--', ...args], { timeoutMs });
      return valuesIn(await inTime(call), from);
    },
  };
}

/** Returns the hosts of a list of `identity`, also of a version with further fields. */
function hostsIn(listed: unknown): KnownHost[] {
  return (Array.isArray(listed) ? (listed as unknown[]) : []).flatMap((each) => {
    const { name, groups = [] } = (each ?? {}) as { readonly name?: unknown; readonly groups?: unknown };
    const named = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
    return typeof name === 'string' ? [{ name, groups: named }] : [];
  });
}

/** Reports whether a method can be called with that many arguments, and each time somebody presses Tab. */
function mayBeCalled({ idempotent, args, options }: MethodDescription, given: number): boolean {
  const needed = [...args.slice(given), ...options];
  return idempotent && given <= args.length && needed.every(({ required }) => !required);
}
