import { storageError } from '../../errors.js';
import { type TargetConnection } from '../target-host.js';

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

/** Reads what `--mode target --op show` prints. @throws RpcError `TARGET_TOOL_FAILED` for text of another form */
export function parseTargets(text: string): readonly ShownTarget[] {
  return blocks(text.split('\n'), /^Target (\d+): (.*)$/).map(({ match, lines }) => {
    const sections = new Map(
      blocks(lines, /^ {4}(\S.*):$/).map(({ match: title, lines: body }) => [title[1] ?? '', body]),
    );
    const section = (name: string): readonly string[] => {
      const body = sections.get(name);
      if (body === undefined) {
        throw unreadable(`target ${match[1] ?? ''} has no "${name}"`);
      }
      return body;
    };
    return {
      tid: Number(match[1]),
      iqn: match[2] ?? '',
      state: field(section('System information'), 'State'),
      luns: parseLuns(section('LUN information')),
      accounts: section('Account information')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
      acl: section('ACL information')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
      connections: parseNexuses(section('I_T nexus information')),
    };
  });
}

/** Reads what `--mode conn --op show --tid T` prints. */
export function parseConnections(text: string): readonly Pick<TargetConnection, 'sid' | 'cid'>[] {
  return blocks(text.split('\n'), /^Session: (\d+)$/).flatMap(({ match: session, lines }) =>
    blocks(lines, /^ {4}Connection: (\d+)$/).map(({ match: connection }) => ({
      sid: Number(session[1]),
      cid: Number(connection[1]),
    })),
  );
}

/** Reads what `--mode portal --op show` prints: `host:port` each, without the portal group's number. */
export function parsePortals(text: string): readonly string[] {
  return [...text.matchAll(/^Portal: (.*),\d+$/gm)].map((match) => match[1] ?? '');
}

/** Reads what `--mode account --op show` prints. */
export function parseAccounts(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map((match) => match[1] ?? '');
}

/** Reads the state of the whole daemon, such as `ready` or `offline`, from what `--mode system --op show` prints. */
export function parseSystemState(text: string): string {
  const match = /^System:\n\s+State: (\S+)/.exec(text);
  if (match === null) {
    throw unreadable('the system has no state');
  }
  return match[1] ?? '';
}

function parseLuns(lines: readonly string[]): readonly ShownLun[] {
  return blocks(lines, /^ {8}LUN: (\d+)$/).map(({ match, lines: body }) => ({
    lun: Number(match[1]),
    path: field(body, 'Backing store path'),
    scsiId: field(body, 'SCSI ID'),
    serial: field(body, 'SCSI SN'),
    thinProvisioning: field(body, 'Thin-provisioning') === 'Yes',
  }));
}

function parseNexuses(lines: readonly string[]): readonly TargetConnection[] {
  return blocks(lines, /^ {8}I_T nexus: (\d+)$/).flatMap(({ match: nexus, lines: inNexus }) =>
    blocks(inNexus, /^ {12}Connection: (\d+)$/).map(({ match: connection, lines: inConnection }) => ({
      sid: Number(nexus[1]),
      cid: Number(connection[1]),
      initiator: field(inNexus, 'Initiator').replace(/ alias: .*$/, ''),
      address: field(inConnection, 'IP Address'),
    })),
  );
}

/** A line that begins a block, and the lines up to the next such line. */
interface Block {
  readonly match: RegExpExecArray;
  readonly lines: string[];
}

function blocks(lines: readonly string[], begins: RegExp): readonly Block[] {
  const all: Block[] = [];
  for (const line of lines) {
    const match = begins.exec(line);
    if (match === null) {
      all.at(-1)?.lines.push(line);
    } else {
      all.push({ match, lines: [] });
    }
  }
  return all;
}

function field(lines: readonly string[], name: string): string {
  const line = lines.find((candidate) => candidate.trimStart().startsWith(`${name}:`));
  if (line === undefined) {
    throw unreadable(`a "${name}" is missing`);
  }
  return line
    .trimStart()
    .slice(name.length + 1)
    .trim();
}

function unreadable(what: string): Error {
  return storageError('TARGET_TOOL_FAILED', `cannot read what tgtd shows: ${what}; is this another version?`);
}
