import { connect } from 'node:net';

import {
  checkPlainListen,
  coreError,
  type Endpoint,
  type Insecure,
  isLocal,
  isWildcard,
  type Listen,
  type Log,
  machineId,
  parseAddress,
  parseListen,
  parseServerAddress,
  quoted,
  systemErrorText,
} from '@patchbay/objects';
/** How long a connection to the server's own advertised address may take, in milliseconds. */
const connectTimeoutMs = 3_000;

/** How clients are to reach this server. */
export interface Advertisement {
  /** The address that clients connect to. */
  readonly advertised: string;
  /** The address of the name server from which they get it. */
  readonly nameServer: string;
}

/** Checks where a server is to listen, and how clients are to reach it. @throws RpcError `CONFIG_INVALID` */
export function checkAddresses(options: {
  readonly listen: Listen;
  readonly advertise?: string | undefined;
  readonly insecure: Insecure;
}): void {
  const { listen, advertise } = options;
  for (const address of parseListen(listen)) {
    checkPlainListen(address, options);
  }
  const registered = addressToRegister([listen].flat());
  const reached = advertise === undefined ? parseAddress(registered) : parseServerAddress(advertise);
  if ('host' in reached && isWildcard(reached.host)) {
    const which =
      advertise === undefined
        ? `listen address ${quoted(registered)}`
        : `advertised address ${quoted(advertise)}`;
    throw coreError(
      'CONFIG_INVALID',
      `${which} is not an address that clients can connect to; set "advertise" to one that is`,
    );
  }
}

/** Returns which of a server's addresses clients everywhere connect to: the first of TCP, else the first. */
export function addressToRegister(addresses: readonly string[]): string {
  return addresses.find((address) => 'port' in parseAddress(address)) ?? addresses[0] ?? '';
}

/**
 * Returns how clients reach a server that listens on some addresses: those on its machine by a socket file, if it has
 * one. @param machine identifies the machine
 */
export function reachedAt(
  addresses: readonly string[],
  advertise: string | undefined,
  machine = machineId(),
): Pick<Endpoint, 'address' | 'socket' | 'machine'> {
  const address = advertise ?? addressToRegister(addresses);
  const socket = addresses.find((each) => 'path' in parseAddress(each));
  return {
    address,
    ...(socket !== undefined && socket !== address && { socket }),
    ...((socket ?? address).startsWith('unix:') && machine !== undefined && { machine }),
  };
}

/** Returns why an advertised address cannot work, without connecting to it; undefined if it may. */
export function unreachableReason({ advertised, nameServer }: Advertisement): string | undefined {
  const address = parseAddress(advertised);
  if ('host' in address && isWildcard(address.host)) {
    return 'it stands for every address of this host; clients cannot connect to it';
  }
  if (isLocal(address) && !isLocal(parseAddress(nameServer))) {
    return 'it is reachable on this host alone, but the name server on another host returns it to clients everywhere';
  }
  return undefined;
}

/** Logs a warning if clients are unlikely to reach the advertised address. Never rejects. */
export async function checkAdvertisedAddress(
  advertisement: Advertisement,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { advertised } = advertisement;
  const why = unreachableReason(advertisement) ?? (await connectError(advertised, signal));
  if (why !== undefined && !signal.aborted) {
    log.warn('clients may be unable to reach the advertised address; set "advertise" to one that they can', {
      advertised,
      why,
    });
  }
}

/** Connects to an address, and returns why that failed; undefined if it did not. */
function connectError(address: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...parseAddress(address), signal });
    const end = (why?: string): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(connectTimeoutMs, () => {
      end(`this server could not connect to it itself within ${String(connectTimeoutMs / 1_000)} s`);
    });
    socket.once('connect', () => {
      end();
    });
    socket.once('error', (error) => {
      end(`this server cannot connect to it itself: ${systemErrorText(error)}`);
    });
  });
}
