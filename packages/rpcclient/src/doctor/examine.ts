import { X509Certificate } from 'node:crypto';

import { CurrentIdentity, openIdentity, readPkiIdentity } from '@patchbay/grpc/secure';
import {
  findTls,
  isRpcError,
  listAllNames,
  machineId,
  type NameRecord,
  type NameServerMethods,
  nameServerObject,
  toRpcError,
  userIdentityFile,
} from '@patchbay/objects';
import type { TlsFiles } from '@patchbay/objects/identity';
import type { ObjectClient } from '@patchbay/session/client';

import { Configuration, type ConfigurationPlaces } from './configuration.js';
import { examineTarget, targetsOf } from './endpoint-checks.js';
import { type Finding, Subject } from './finding.js';
import { examineNameServer } from './name-server-checks.js';
import { type Examination, timeText } from './server-checks.js';

/** What is to be examined. */
export interface ExamineOptions extends ConfigurationPlaces {
  /** The name server that the command was given. Default: as for every command. */
  readonly nameServer?: string | undefined;
  /** Whether plain TCP is dialled. */
  readonly insecure: boolean;
  /** The files of a PKI of one's own that the command was given. Default: as for every command. */
  readonly tls?: Partial<TlsFiles> | undefined;
  /** The object whose servers are examined. Default: all names that are registered, at most 500. */
  readonly object?: string | undefined;
  /** Default: 2 s. */
  readonly dialMs?: number;
  readonly now?: () => number;
}

/** How many names, and how many servers, are examined, and how many servers at once. */
const maxNames = 500;
const maxTargets = 64;
const atOnce = 16;

/**
 * Examines what calls need, from this user's configuration to the portal of the storage object: every name server that
 * something names, and the servers of the names there.
 *
 * @throws RpcError `CONFIG_INVALID`, with the file and the line
 */
export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  const { insecure, dialMs = 2_000, now = Date.now } = options;
  const configuration = new Configuration(options);
  const [identity, own] = ownIdentity(options, now());
  const examination: Examination = {
    ...{ identity, insecure, configuration, dialMs, now },
    machine: machineId(),
  };
  const servers = configuration.nameServers(options.nameServer, identity?.current.nameServers ?? []);
  const examined = await Promise.all(servers.map((each) => examineNameServer(each, examination)));
  try {
    const client = examined.find(({ client: each }) => each !== undefined)?.client;
    const further = client === undefined ? [] : await examineNames(client, options.object, examination);
    return [...own, ...examined.flatMap(({ findings }) => findings), ...further];
  } finally {
    await Promise.all(
      examined.map(async ({ client }) => {
        await client?.close();
      }),
    );
  }
}

/** Returns who has logged in, and what is wrong with that. */
function ownIdentity(
  { environment, systemDirectory, tls }: ExamineOptions,
  nowMs: number,
): readonly [CurrentIdentity | undefined, readonly Finding[]] {
  const pki = findTls(tls, { environment, ...(systemDirectory !== undefined && { systemDirectory }) });
  const path = pki?.certificate ?? userIdentityFile(environment);
  const subject = new Subject(path ?? 'the identity of this user');
  let identity: CurrentIdentity | undefined;
  try {
    if (pki !== undefined) {
      identity = new CurrentIdentity(readPkiIdentity(pki, ['user', 'host'], nowMs));
    } else if (path !== undefined) {
      identity = openIdentity(path);
    }
  } catch (error) {
    subject.failed('identity', toRpcError(error).message, 'mend the file, or log in anew: rpcclient login');
    return [undefined, subject.findings];
  }
  if (identity === undefined) {
    subject.ok('identity', 'nobody has logged in: local by a socket file, else anonymous');
    return [undefined, subject.findings];
  }
  const { kind, name, cluster, certificate } = identity.current;
  const endsAtMs = Date.parse(new X509Certificate(certificate).validTo);
  const seen = `${kind}:${name} of the cluster ${cluster}, until ${timeText(endsAtMs)}`;
  if (nowMs < endsAtMs) {
    subject.ok('identity', seen);
  } else {
    subject.failed('identity', `${seen}; it has ended`, 'log in anew with a token: rpcclient login');
  }
  return [identity, subject.findings];
}

/** Examines the servers of an object, or of all names. */
async function examineNames(
  client: ObjectClient,
  object: string | undefined,
  examination: Examination,
): Promise<readonly Finding[]> {
  const subject = new Subject(object ?? 'the registered names');
  const names = client.proxy<NameServerMethods>(nameServerObject);
  let records: readonly NameRecord[];
  try {
    records = object === undefined ? await listAllNames(names, {}) : [await names.lookup(object)];
  } catch (error) {
    const todo = isRpcError(error, 'OBJECT_NOT_FOUND')
      ? 'start the rpcserver that hosts it; its log says whether its names are refused'
      : 'look at the log of the name server';
    subject.failed('name', toRpcError(error).message, todo);
    return subject.findings;
  }
  const targets = targetsOf(records.slice(0, maxNames));
  const examinedTargets = targets.slice(0, maxTargets);
  const left = targets.length - examinedTargets.length;
  const seen = `${String(records.length)} of ${String(targets.length)} servers`;
  subject.ok(
    'name',
    left === 0 ? seen : `${seen}, of which ${String(maxTargets)} are examined: name an OBJECT`,
  );
  const findings: (readonly Finding[])[] = [];
  const waiting = examinedTargets.entries();
  const work = async (): Promise<void> => {
    for (const [index, target] of waiting) {
      findings[index] = await examineTarget(target, examination);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return [...subject.findings, ...findings.flat()];
}
