import { formatAddress, type TcpAddress } from '@patchbay/objects';

import type { ExportedNode } from '../catalog/tables.js';

/** The delays of a node before each retry, in seconds. */
const retryDelaysSeconds = [2, 5, 10, 20] as const;

/** Matches a literal token of a script: nothing that iPXE expands, splits at or takes for an operator. */
const literalToken = /^[A-Za-z0-9_.:@%+=/?[\]-]+$/;

/** Returns the script with which a node logs in to its disk and boots from it. It contains the node's secret. */
export function bootScript({ node, target }: ExportedNode, portal: TcpAddress): string {
  const { host, port } = portal;
  const { host: dialled } = /^(?<host>.*):\d+$/.exec(formatAddress(portal))?.groups ?? { host };
  const disk = `iscsi:${dialled ?? host}::${String(port)}:${target.lun.toString(16)}:${target.iqn}`;
  return script(
    `echo Patchbay: ${literal(node)} boots from its own disk`,
    `set username ${literal(target.chap.user)}`,
    `set password ${literal(target.chap.secret)}`,
    `set initiator-iqn ${literal(target.initiator)}`,
    // The booted system continues with the same disk, whose parameters iPXE passes on in the iBFT.
    'set keep-san 1',
    ...retryDelaysSeconds.flatMap((seconds) => [
      `sanboot --keep ${literal(disk)} ||`,
      'sanunhook ||',
      `echo Patchbay: the disk did not boot; trying again in ${String(seconds)} s`,
      `sleep ${String(seconds)}`,
    ]),
    `sanboot --keep ${literal(disk)} ||`,
    'clear password',
    'exit 1',
  );
}

/** Returns the script that fetches the script of the requesting card, and retries until there is one. It contains no secret. */
export function chainScript(token: string | undefined): string {
  return script(
    ':again',
    `chain boot/\${netX/mac:hexhyp}${token === undefined ? '' : `?token=${literal(token)}`} ||`,
    'echo Patchbay: this machine cannot boot; trying again in 10 s, Ctrl-C opens a shell',
    'sleep 10 || shell',
    'goto again',
  );
}

/** Returns the script that requests a node's script again, with the MAC address of the requesting card. */
export function retryWithMacScript(node: string, token: string | undefined): string {
  const query = token === undefined ? '' : `&token=${literal(token)}`;
  return script(`chain --replace ${literal(node)}?mac=\${netX/mac:hexhyp}${query}`);
}

/** Returns the script for a refused request. iPXE shows only the HTTP status; the text is for people. */
export function refusalScript(why: string): string {
  return script(`echo Patchbay: ${why}`, 'exit 1');
}

function script(...lines: readonly string[]): string {
  return `${['#!ipxe', ...lines].join('\n')}\n`;
}

/** Every value was checked on input; this makes sure that none can become a command. */
function literal(text: string): string {
  if (!literalToken.test(text)) {
    throw new Error('a value in a boot script has characters that iPXE would not take literally');
  }
  return text;
}
