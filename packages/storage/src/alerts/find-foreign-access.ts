import type { CatalogReader } from '../catalog/catalog.js';
import { nodes } from '../catalog/tables.js';
import type { Exports } from '../provision/exports.js';
import { describeForeign, foreignAccess } from '../targets/foreign-access.js';
import type { TargetHost } from '../targets/target-host.js';

/**
 * Finds the nodes whose targets have rules, accounts or sessions that the catalog does not know.
 * @throws RpcError `TARGET_TOOL_UNAVAILABLE`
 */
export async function findForeignAccess(
  catalog: CatalogReader,
  services: {
    readonly targets: Pick<TargetHost, 'daemons' | 'list'>;
    readonly exports: Pick<Exports, 'specOf'>;
  },
): Promise<readonly { readonly node: string; readonly message: string }[]> {
  const { targets, exports } = services;
  const perDaemon = await Promise.all(targets.daemons.map(({ daemon }) => targets.list(daemon)));
  const states = new Map(perDaemon.flat().map((state) => [state.iqn, state]));
  return (await catalog.list(nodes)).flatMap(({ key: node, value }) => {
    if (value.state !== 'ready') {
      return [];
    }
    const spec = exports.specOf(value);
    const state = states.get(spec.iqn);
    const message = state && describeForeign(foreignAccess(spec, state));
    return message === undefined ? [] : [{ node, message }];
  });
}
