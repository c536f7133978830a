import { storageError } from '../../errors.js';
import type { TargetConnection } from '../target-host.js';

/** A LUN as tgtd shows it; the controller, LUN 0, is among them. */
export interface ShownLun {
  readonly lun: number;
  /** `None` for the controller. */
  readonly path: string;
  readonly scsiId: string;
  readonly serial: string;
  readonly thinProvisioning: boolean;
  /** Whether its file could not be opened for writing. */
  readonly readOnly: boolean;
}

/** A target as tgtd shows it. */
export interface ShownTarget {
  readonly tid: number;
  readonly iqn: string;
  readonly state: string;
  readonly luns: readonly ShownLun[];
  readonly accounts: readonly string[];
  /** The ACL: initiator names, and addresses if somebody bound one. */
  readonly acl: readonly string[];
  readonly connections: readonly TargetConnection[];
}

/** `name: value` */
type Pair = readonly [name: string, value: string];

/** A line indented by 8, and the more deeply indented lines below it. */
interface Entry {
  readonly line: string;
  readonly fields: Pair[];
}

/** A target's lines, by the titles of its sections. */
interface Block {
  readonly title: Pair;
  readonly sections: Map<string, Entry[]>;
}

/** How a line indented by 12 or more must begin to be parsed: half of a target's lines are not needed. */
const parsedFields = / *(?:Backing store path|SCSI|Thin-|Readonly|Initiator|Connection|IP Address)/y;

/**
 * Parses the output of `--mode target --op show`. A thousand targets are more than a megabyte, so it is parsed in one
 * pass that skips what is not needed.
 * @throws RpcError `TARGET_TOOL_FAILED` for text in another format
 */
export function parseTargets(text: string): readonly ShownTarget[] {
  const blocks: Block[] = [];
  let entries: Entry[] = [];
  let end = -1;
  while (end < text.length) {
    const at = end + 1;
    const newline = text.indexOf('\n', at);
    end = newline === -1 ? text.length : newline;
    if (text.startsWith('            ', at)) {
      parsedFields.lastIndex = at + 12;
      if (parsedFields.test(text)) {
        entries.at(-1)?.fields.push(pairOf(text.slice(at, end).trimStart()));
      }
    } else if (text.startsWith('        ', at)) {
      entries.push({ line: text.slice(at + 8, end), fields: [] });
    } else if (text.startsWith('Target ', at)) {
      blocks.push({ title: pairOf(text.slice(at + 'Target '.length, end)), sections: new Map() });
    } else if (end > at) {
      entries = [];
      blocks.at(-1)?.sections.set(text.slice(at, end), entries);
    }
  }
  return blocks.map(targetOf);
}

function targetOf({ title: [tid, iqn], sections }: Block): ShownTarget {
  const section = (name: string): readonly Entry[] => {
    const entries = sections.get(`    ${name}:`);
    if (entries === undefined) {
      throw unreadable(`target ${tid} has no "${name}"`);
    }
    return entries;
  };
  const system = section('System information').map(({ line }) => pairOf(line));
  return {
    tid: Number(tid),
    iqn,
    state: valueOf(system, 'State'),
    luns: section('LUN information').map(({ line, fields }) => ({
      lun: Number(pairOf(line)[1]),
      path: valueOf(fields, 'Backing store path'),
      scsiId: valueOf(fields, 'SCSI ID'),
      serial: valueOf(fields, 'SCSI SN'),
      thinProvisioning: valueOf(fields, 'Thin-provisioning') === 'Yes',
      readOnly: valueOf(fields, 'Readonly') === 'Yes',
    })),
    accounts: section('Account information').map(({ line }) => line),
    acl: section('ACL information').map(({ line }) => line),
    connections: section('I_T nexus information').flatMap(connectionsOf),
  };
}

/** Parses one session: the initiator's name, then its connections, each with its address. */
function connectionsOf({ line, fields }: Entry): readonly TargetConnection[] {
  const initiator = fields.length === 0 ? '' : (valueOf(fields, 'Initiator').split(' ')[0] ?? '');
  const sid = Number(pairOf(line)[1]);
  return fields.flatMap(([name, value], at) =>
    name === 'Connection'
      ? [{ sid, cid: Number(value), initiator, address: valueOf(fields.slice(at), 'IP Address') }]
      : [],
  );
}

function pairOf(line: string): Pair {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function valueOf(pairs: readonly Pair[], name: string): string {
  const pair = pairs.find(([candidate]) => candidate === name);
  if (pair === undefined) {
    throw unreadable(`a "${name}" is missing`);
  }
  return pair[1];
}

/** Parses the output of `--mode conn --op show --tid T`. */
export function parseConnections(text: string): readonly TargetConnection[] {
  const entry =
    /^Session: (\d+)\n {4}Connection: (\d+)\n {8}Initiator: (\S*).*\n(?: {8}IP Address: (\S*)$)?/gm;
  return [...text.matchAll(entry)].map(([, sid, cid, initiator = '', address = '']) => ({
    sid: Number(sid),
    cid: Number(cid),
    initiator,
    address,
  }));
}

/** Parses how many bytes a connection has received from the output of `--mode conn --op stat --tid T --sid S --cid C`. */
export function parseReceivedBytes(text: string): number {
  const value = /^ *\d+ +\d+ +(\d+) /m.exec(text)?.[1];
  if (value === undefined) {
    throw unreadable('a connection has no statistics');
  }
  return Number(value);
}

/** Parses the output of `--mode portal --op show` into `host:port`, without the number of the portal group. */
export function parsePortals(text: string): readonly string[] {
  return [...text.matchAll(/^Portal: (.*),\d+$/gm)].map((match) => match[1] ?? '');
}

/** Parses the output of `--mode account --op show`. */
export function parseAccounts(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map((match) => match[1] ?? '');
}

/** Parses the state of the whole daemon, such as `ready` or `offline`, from the output of `--mode system --op show`. */
export function parseSystemState(text: string): string {
  const state = /^System:\n\s+State: (\S+)/.exec(text)?.[1];
  if (state === undefined) {
    throw unreadable('the system has no state');
  }
  return state;
}

/** The name of the limit of an initiator's PDUs, in login and in tgtd. */
export const maxRecvKey = 'MaxRecvDataSegmentLength';

/** Parses the limit of an initiator's PDUs from the output of `--mode target --op show --tid T`, in bytes. */
export function parseMaxRecvBytes(text: string): number {
  const value = new RegExp(`^${maxRecvKey}=(\\d+)$`, 'm').exec(text)?.[1];
  if (value === undefined) {
    throw unreadable(`a target has no ${maxRecvKey}`);
  }
  return Number(value);
}

/** Reports whether a shown list consists of the expected value. */
export function isOnly(expected: string, values: readonly string[]): boolean {
  return values.length === 1 && values[0] === expected;
}

/** Creates the error for text that is not in the format of tgt 1.0.85. */
function unreadable(what: string): Error {
  return storageError(
    'TARGET_TOOL_FAILED',
    `cannot parse the output of tgtd: ${what}; check whether it is another version than 1.0.85`,
  );
}
