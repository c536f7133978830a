import { type BootEndpoint, startBootEndpoint } from '../boot/endpoint.js';
import { Health } from '../boot/health.js';
import { BootScriptHandler } from '../boot/script-handler.js';
import { Cached } from '../concurrency/cached.js';
import { type FilePool } from '../disks/file/file-pool.js';
import { type StorageMetrics } from '../metrics/metrics.js';
import { collectStatistics, type Statistics } from '../metrics/statistics.js';
import { freshenDisk } from '../provision/freshen-disk.js';
import { type Parts } from '../provision/parts.js';
import { assertServed } from '../targets/assert-served.js';
import { type StorageOptions } from './options.js';

/** How old the numbers of a scrape may be, in milliseconds: several scrapers cost no more than one. */
const statisticsAgeMs = 5000;

/** What of the storage the endpoint tells. */
export interface Told {
  readonly parts: Parts;
  readonly pool: FilePool;
  readonly metrics: StorageMetrics;
}

/** Starts the HTTP endpoint, where the options have one. @throws RpcError `BOOT_UNAVAILABLE` */
export async function startBoot(
  { boot }: StorageOptions,
  { parts, pool, metrics }: Told,
): Promise<BootEndpoint | undefined> {
  if (boot === undefined) {
    return undefined;
  }
  const log = parts.log.child({ component: 'boot' });
  const statistics = new Cached<Statistics>(
    () => collectStatistics(parts, () => pool.capacity()),
    parts.clock,
    statisticsAgeMs,
  );
  const endpoint = await startBootEndpoint({
    listen: boot.listen,
    scripts: new BootScriptHandler({
      parts: { ...parts, log },
      options: boot,
      fetched: (outcome) => {
        metrics.bootFetched(outcome);
      },
      freshen: (node) =>
        parts.catalog.actors.run({ method: 'boot' }, () =>
          freshenDisk(parts, node, new AbortController().signal),
        ),
    }),
    health: new Health(
      { pool: () => pool.directory.assertAvailable(), targets: () => assertServed(parts.targets) },
      { clock: parts.clock, log },
    ),
    metrics: {
      contentType: metrics.contentType,
      text: async () => metrics.render(await statistics.get()),
    },
    log,
  });
  log.info('boot scripts, health and metrics are served', { address: endpoint.address });
  return endpoint;
}
