import type { Catalog, CatalogReader } from '../catalog/catalog.js';
import { bootTokens, type ExportedNode, macs, type NodeRecord, nodes } from '../catalog/tables.js';
import { macAddress, type MacAddress, nodeName } from '../names.js';
import { isBootToken } from '../provision/boot-tokens.js';

/** A request for a boot script, by MAC address or by node. */
export interface BootRequest {
  /** A MAC address or a node's name, unchecked. */
  readonly name: string;
  /** The MAC address of the card, if `name` is a node's. */
  readonly mac: string | undefined;
  readonly token: string | undefined;
}

/** Whether a request gets a script. */
export type BootDecision =
  | { readonly kind: 'granted'; readonly record: ExportedNode }
  /** The request names a node, but not the card that it boots from. */
  | { readonly kind: 'which-card'; readonly node: string }
  | { readonly kind: 'unknown' | 'not-ready' | 'forbidden'; readonly why: string; readonly node?: string };

/**
 * Decides whether a request gets the script of a node, with its secret: only the network card that the node was
 * provisioned for does, and if tokens are on only with the node's token, which this consumes.
 */
export function authorizeBoot(
  { catalog, bootTokens: needsToken }: { readonly catalog: Catalog; readonly bootTokens: boolean },
  request: BootRequest,
): Promise<BootDecision> {
  if (!needsToken) {
    return authorizeCard(catalog, request);
  }
  return catalog.transact(async (tx) => {
    const decision = await authorizeCard(tx, request);
    if (decision.kind !== 'granted') {
      return decision;
    }
    const { node } = decision.record;
    if (request.token === undefined || !(await isBootToken(tx, node, request.token))) {
      return { kind: 'forbidden', why: 'the token is missing, wrong or already used', node };
    }
    tx.delete(bootTokens, node);
    return decision;
  });
}

async function authorizeCard(catalog: CatalogReader, request: BootRequest): Promise<BootDecision> {
  // Twelve hexadecimal digits may be a card or a node; the card takes precedence.
  const card = macAddress.safeParse(request.name).data;
  const owner = card && (await catalog.get(macs, card));
  if (owner !== undefined) {
    return await authorizeNode(catalog, owner, card);
  }
  const name = nodeName.safeParse(request.name).data;
  if (name === undefined || (await catalog.get(nodes, name)) === undefined) {
    return { kind: 'unknown', why: 'no node has this MAC address or name' };
  }
  if (request.mac === undefined) {
    return { kind: 'which-card', node: name };
  }
  return await authorizeNode(catalog, name, macAddress.safeParse(request.mac).data);
}

async function authorizeNode(
  catalog: CatalogReader,
  node: string,
  card: MacAddress | undefined,
): Promise<BootDecision> {
  const record: NodeRecord | undefined = await catalog.get(nodes, node);
  if (record?.state !== 'ready') {
    return { kind: 'not-ready', why: 'the disk of this node is not ready', node };
  }
  if (card === undefined || record.target.mac !== card) {
    return { kind: 'forbidden', why: 'the node was not provisioned for this MAC address', node };
  }
  return { kind: 'granted', record };
}
