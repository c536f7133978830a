import { type Address, formatAddress } from '@patchbay/objects';

import { type ExportedNode } from '../catalog/tables.js';

/** How long a node waits before it tries again, in seconds: each time longer, and then no more. */
const waitsSeconds = [2, 5, 10, 20] as const;

/** What may stand in a script as a word: nothing that iPXE expands, splits at or takes for an operator. */
const plainWord = /^[A-Za-z0-9_.:@%+=/?[\]-]+$/;

/** Makes the script by which a node logs in to its disk and boots from it. It holds the node's secret. */
export function bootScript({ node, target }: ExportedNode, portal: Address): string {
  const { host, port } = portal;
  const { host: dialled } = /^(?<host>.*):\d+$/.exec(formatAddress(portal))?.groups ?? { host };
  const disk = `iscsi:${dialled ?? host}::${String(port)}:${target.lun.toString(16)}:${target.iqn}`;
  return script(
    `echo Patchbay: ${word(node)} boots from its own disk`,
    `set username ${word(target.chap.user)}`,
    `set password ${word(target.chap.secret)}`,
    `set initiator-iqn ${word(target.initiator)}`,
    // The system that is booted goes on with the same disk, whose parameters iPXE leaves in the iBFT.
    'set keep-san 1',
    ...waitsSeconds.flatMap((seconds) => [
      `sanboot --keep ${word(disk)} ||`,
      'sanunhook ||',
      `echo Patchbay: the disk did not boot; trying again in ${String(seconds)} s`,
      `sleep ${String(seconds)}`,
    ]),
    `sanboot --keep ${word(disk)} ||`,
    'clear password',
    'exit 1',
  );
}

/** Makes the script that fetches the script of the card that asks, until there is one. It holds no secret. */
export function chainScript(token: string | undefined): string {
  return script(
    ':again',
    `chain boot/\${netX/mac:hexhyp}${token === undefined ? '' : `?token=${word(token)}`} ||`,
    'echo Patchbay: this machine cannot boot; trying again in 10 s, Ctrl-C opens a shell',
    'sleep 10 || shell',
    'goto again',
  );
}

/** Makes the script that asks for a node's script again, and tells the MAC address of the card that asks. */
export function tellMacScript(node: string, token: string | undefined): string {
  const query = token === undefined ? '' : `&token=${word(token)}`;
  return script(`chain --replace ${word(node)}?mac=\${netX/mac:hexhyp}${query}`);
}

/** Makes the answer to one who gets nothing. iPXE shows the status only; people read the words. */
export function refusalScript(why: string): string {
  return script(`echo Patchbay: ${why}`, 'exit 1');
}

function script(...lines: readonly string[]): string {
  return `${['#!ipxe', ...lines].join('\n')}\n`;
}

/** Everything here was checked where it came in; a name that could become a command must still not get out. */
function word(text: string): string {
  if (!plainWord.test(text)) {
    throw new Error('a word of a boot script has characters that iPXE would not take as they are');
  }
  return text;
}
