import type { Clock, Log } from '@patchbay/objects';

import type { Catalog, CatalogReader } from '../catalog/catalog.js';
import { type AlertKind, type AlertRecord, alerts, nodes, snapshotKey } from '../catalog/tables.js';
import { isExportWanted } from '../provision/node-states.js';

/** What alerts are raised and ended with. */
export interface AlertServices {
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/**
 * Raises an alert about a node, or ends it if there is no message. The record is written, and so an event, only when the
 * alert begins or ends.
 */
export async function setAlert(
  { catalog, clock, log }: AlertServices,
  node: string,
  kind: AlertKind,
  message: string | undefined,
): Promise<void> {
  const key = snapshotKey(node, kind);
  const has = (await catalog.get(alerts, key)) !== undefined;
  if (message === undefined) {
    if (has) {
      await catalog.transact((tx) => {
        tx.delete(alerts, key);
      });
      log.info('an alert has ended', { node, kind });
    }
    return;
  }
  if (has) {
    return;
  }
  const isRaised = await catalog.transact(async (tx) => {
    const record = await tx.get(nodes, node);
    if (record === undefined) {
      return false;
    }
    tx.put(alerts, key, { node: record.node, kind, message, sinceMs: clock.now() });
    return true;
  });
  if (isRaised) {
    log.warn('raised an alert', { node, kind, message });
  }
}

/** Lists the alerts, in the order of their nodes; of one node if given. */
export async function listAlerts(catalog: CatalogReader, node?: string): Promise<readonly AlertRecord[]> {
  const within = node === undefined ? '' : snapshotKey(node, '');
  return (await catalog.list(alerts, within)).map(({ value }) => value);
}

/** Ends the alerts about nodes that have no export any more, or another name. */
export async function endAlertsWithoutExport(services: AlertServices): Promise<void> {
  for (const { node, kind } of await listAlerts(services.catalog)) {
    const record = await services.catalog.get(nodes, node);
    if (record === undefined || !isExportWanted(record)) {
      await setAlert(services, node, kind, undefined);
    }
  }
}
