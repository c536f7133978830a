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

/**
 * Reads what `--mode target --op show` prints. A thousand targets are more than a megabyte, looked at twice for each
 * export, so it is cut up in one pass without regular expressions.
 * @throws RpcError `TARGET_TOOL_FAILED` for text of another form
 */
export function parseTargets(text: string): readonly ShownTarget[] {
  const blocks: Block[] = [];
  let entries: Entry[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('Target ')) {
      blocks.push({ title: pairOf(line.slice('Target '.length)), sections: new Map() });
    } else if (line.startsWith('            ')) {
      entries.at(-1)?.fields.push(pairOf(line.trimStart()));
    } else if (line.startsWith('        ')) {
      entries.push({ line: line.trimStart(), fields: [] });
    } else if (line !== '') {
      entries = [];
      blocks.at(-1)?.sections.set(line, entries);
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
