import { type TargetConnection } from '../target-host.js';
import { unreadable } from './show.js';

/** A LUN as tgtd shows it; the controller, LUN 0, is among them. */
export interface ShownLun {
  readonly lun: number;
  /** `None` for the controller. */
  readonly path: string;
  readonly scsiId: string;
  readonly serial: string;
  readonly thinProvisioning: boolean;
  /** Whether its file could not be opened to be written. */
  readonly readOnly: boolean;
}

/** A target as tgtd shows it. */
export interface ShownTarget {
  readonly tid: number;
  readonly iqn: string;
  readonly state: string;
  readonly luns: readonly ShownLun[];
  readonly accounts: readonly string[];
  /** The ACL: initiators' names, and addresses if somebody bound one. */
  readonly acl: readonly string[];
  readonly connections: readonly TargetConnection[];
}

/** `name: value` */
type Pair = readonly [name: string, value: string];

/** A line that is indented by 8, and what is indented deeper below it. */
interface Entry {
  readonly line: string;
  readonly fields: Pair[];
}

/** A target's lines, by the titles of its sections. */
interface Block {
  readonly title: Pair;
  readonly sections: Map<string, Entry[]>;
}

/** What a line that is indented by 12 or more must begin with to be read: half a target's lines are of no use here. */
const readFields = / *(?:Backing store path|SCSI|Thin-|Readonly|Initiator|Connection|IP Address)/y;

/**
 * Reads what `--mode target --op show` prints. A thousand targets are more than a megabyte, so it is read in one pass,
 * and what is not needed is not cut out.
 * @throws RpcError `TARGET_TOOL_FAILED` for text of another form
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
      readFields.lastIndex = at + 12;
      if (readFields.test(text)) {
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

/** Reads one session, whose connections follow the initiator's name, each with its address. */
function connectionsOf({ line, fields }: Entry): readonly TargetConnection[] {
  const initiator = fields.length === 0 ? '' : (valueOf(fields, 'Initiator').split(' ')[0] ?? '');
  return fields.flatMap(([name, value], at) =>
    name === 'Connection'
      ? [
          {
            sid: Number(pairOf(line)[1]),
            cid: Number(value),
            initiator,
            address: valueOf(fields.slice(at), 'IP Address'),
          },
        ]
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
