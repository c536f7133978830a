import { readFile } from 'node:fs/promises';

/** The kernel's number of the state of an established connection. */
const established = '01';

/**
 * Reads the kernel's tables of TCP connections.
 * @returns of each port, a text that changes whenever a connection to it comes or goes; undefined if the tables cannot be
 *   read
 */
export async function readConnections(ports: readonly number[]): Promise<readonly (string | undefined)[]> {
  try {
    const tables = await Promise.all([readFile('/proc/net/tcp', 'latin1'), readTcp6()]);
    return connectionsTo(ports, tables.join('\n'));
  } catch {
    return ports.map(() => undefined);
  }
}

/** As `readConnections`, from the text of the tables. */
export function connectionsTo(ports: readonly number[], text: string): readonly string[] {
  const found = new Map<string, string[]>(ports.map((port) => [hexOf(port), []]));
  for (const line of text.split('\n')) {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const connections = found.get(local.slice(local.lastIndexOf(':') + 1));
    if (state === established && connections !== undefined) {
      connections.push(`${remote}/${inode}`);
    }
  }
  return ports.map((port) => found.get(hexOf(port))?.sort().join(' ') ?? '');
}

/** The table of IPv6, which is not there where that is switched off. */
async function readTcp6(): Promise<string> {
  return await readFile('/proc/net/tcp6', 'latin1').catch(() => '');
}

function hexOf(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
