import { type BootEndpoint, startBootEndpoint } from '../boot/endpoint.js';
import { Health } from '../boot/health.js';
import { BootScriptHandler } from '../boot/script-handler.js';
import { Cached } from '../concurrency/cached.js';
import type { FilePool } from '../disks/file/file-pool.js';
import type { StorageMetrics } from '../metrics/metrics.js';
import { collectStatistics, type Statistics } from '../metrics/statistics.js';
import { freshenDisk } from '../provision/replace-disk.js';
import { assertServed } from '../targets/assert-served.js';
import type { StorageOptions } from './options.js';
import type { StorageServices } from './storage-services.js';

/** How old the numbers of a scrape may be, in milliseconds, so that several scrapers cost no more than one. */
const statisticsAgeMs = 5000;

/** Starts the HTTP endpoint, if the options have one. @throws RpcError `BOOT_UNAVAILABLE` */
export async function startBoot(
  { boot }: StorageOptions,
  services: StorageServices & { readonly pool: FilePool; readonly metrics: StorageMetrics },
): Promise<BootEndpoint | undefined> {
  if (boot === undefined) {
    return undefined;
  }
  const { catalog, pool, targets, clock, metrics } = services;
  const log = services.log.child({ component: 'boot' });
  const statistics = new Cached<Statistics>(
    () => collectStatistics(services, () => pool.capacity()),
    clock,
    statisticsAgeMs,
  );
  const endpoint = await startBootEndpoint({
    listen: boot.listen,
    tls: boot.tls,
    clock,
    scripts: new BootScriptHandler({
      parts: { ...services, log },
      options: boot,
      fetched: (outcome) => {
        metrics.bootFetched(outcome);
      },
      freshen: (node) =>
        catalog.actors.run({ method: 'boot' }, () =>
          freshenDisk(services, node, new AbortController().signal),
        ),
    }),
    health: new Health(
      {
        catalog: () =>
          new Promise<void>((resolve) => {
            catalog.assertWritable();
            resolve();
          }),
        pool: () => pool.directory.assertAvailable(),
        targets: () => assertServed(targets),
      },
      { clock, log },
    ),
    metrics: {
      contentType: metrics.contentType,
      text: async () => metrics.render(await statistics.get()),
    },
    log,
  });
  log.info('serving boot scripts, health and metrics', { address: endpoint.address });
  return endpoint;
}
