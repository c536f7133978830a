import { hostname } from 'node:os';

/**
 * Returns the first part of a machine's name, as far as it can be that of a host or a name server.
 *
 * @param otherwise what it is called where nothing of its name can
 * @param machine default: this machine's name
 */
export function machineName(otherwise: string, machine = hostname()): string {
  const [label = ''] = machine.toLowerCase().split('.', 1);
  const name = label
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63);
  return name === '' ? otherwise : name;
}
