import { connect } from 'node:net';

import { isLoopback, type Log, parseAddress } from '@patchbay/objects';

/** How long a connection to the own advertised address may take, in milliseconds. */
const connectTimeoutMs = 3_000;

/** What is told of how clients shall reach this server. */
export interface Advertisement {
  /** `host:port` as clients shall dial it. */
  readonly advertised: string;
  /** `host:port` of the name server that will tell it to them. */
  readonly nameServer: string;
}

/** Says what is wrong with an advertised address as far as it shows by itself; undefined: nothing. */
export function wrongWithAdvertised({ advertised, nameServer }: Advertisement): string | undefined {
  const { host } = parseAddress(advertised);
  if (host === '0.0.0.0' || host === '::') {
    return 'it means every address of this host, and none that a client could dial';
  }
  if (isLoopback(host) && !isLoopback(parseAddress(nameServer).host)) {
    return 'it is of this host alone, and the name server on another host gives it to clients everywhere';
  }
  return undefined;
}

/** Warns of an advertised address that others cannot reach, and tells how to set another. Never rejects. */
export async function warnOfAdvertised(
  advertisement: Advertisement,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { advertised } = advertisement;
  const wrong = wrongWithAdvertised(advertisement) ?? (await whyUnreachable(advertised, signal));
  if (wrong !== undefined && !signal.aborted) {
    log.warn('clients may not reach the advertised address; set "advertise" to one that they can dial', {
      advertised,
      why: wrong,
    });
  }
}

/** Dials an address; says why that failed, or undefined when it did not. */
function whyUnreachable(address: string, signal: AbortSignal): Promise<string | undefined> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (why: string | undefined): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(why);
    };
    const stop = (): void => {
      end(undefined);
    };
    socket.setTimeout(connectTimeoutMs, () => {
      end(`this server's own connection to it was not made within ${String(connectTimeoutMs / 1_000)} s`);
    });
    socket.once('connect', stop);
    socket.once('error', (error) => {
      end(`this server's own connection to it failed: ${error.message}`);
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
