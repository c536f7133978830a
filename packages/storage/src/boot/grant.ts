import { type Catalog, type CatalogReader } from '../catalog/catalog.js';
import { bootTokens, type ExportedNode, macs, type NodeRecord, nodes } from '../catalog/tables.js';
import { macAddress, type MacAddress, nodeName } from '../names.js';
import { isBootToken } from '../provision/boot-tokens.js';

/** What somebody asks for: a script by MAC address or by node, and what is told beside it. */
export interface BootRequest {
  /** A MAC address or a node's name, as it came. */
  readonly name: string;
  /** The MAC address of the card, where `name` is a node's. */
  readonly mac: string | undefined;
  readonly token: string | undefined;
}

/** What is answered. */
export type Grant =
  | { readonly kind: 'granted'; readonly record: ExportedNode }
  /** A node was named, and nobody said by which card it boots. */
  | { readonly kind: 'which-card'; readonly node: string }
  | { readonly kind: 'unknown' | 'not-ready' | 'forbidden'; readonly why: string; readonly node?: string };

/**
 * Decides who gets the script of which node, with its secret: only the network card that the node was provisioned
 * for, and with tokens on only who has the node's token, which is used up by this.
 */
export function grantBoot(
  { catalog, bootTokens: needsToken }: { readonly catalog: Catalog; readonly bootTokens: boolean },
  request: BootRequest,
): Promise<Grant> {
  if (!needsToken) {
    return judge(catalog, request);
  }
  return catalog.transact(async (tx) => {
    const grant = await judge(tx, request);
    if (grant.kind !== 'granted') {
      return grant;
    }
    const { node } = grant.record;
    if (request.token === undefined || !(await isBootToken(tx, node, request.token))) {
      return { kind: 'forbidden', why: 'the token is missing, wrong or was used already', node };
    }
    tx.delete(bootTokens, node);
    return grant;
  });
}

async function judge(catalog: CatalogReader, request: BootRequest): Promise<Grant> {
  // Twelve hexadecimal digits may be either; the card comes first.
  const card = macAddress.safeParse(request.name).data;
  const owner = card && (await catalog.get(macs, card));
  if (owner !== undefined) {
    return await judgeNode(catalog, owner, card);
  }
  const name = nodeName.safeParse(request.name).data;
  if (name === undefined || (await catalog.get(nodes, name)) === undefined) {
    return { kind: 'unknown', why: 'no node has this MAC address or name' };
  }
  if (request.mac === undefined) {
    return { kind: 'which-card', node: name };
  }
  return await judgeNode(catalog, name, macAddress.safeParse(request.mac).data);
}

async function judgeNode(catalog: CatalogReader, node: string, card: MacAddress | undefined): Promise<Grant> {
  const record: NodeRecord | undefined = await catalog.get(nodes, node);
  if (record?.state !== 'ready') {
    return { kind: 'not-ready', why: 'the disk of this node is not ready', node };
  }
  if (card === undefined || record.target.mac !== card) {
    return { kind: 'forbidden', why: 'the node was not provisioned for this MAC address', node };
  }
  return { kind: 'granted', record };
}
