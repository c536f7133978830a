import { BootAnswers } from '../boot/answer.js';
import { BootEndpoint } from '../boot/endpoint.js';
import { Health } from '../boot/health.js';
import { Cached } from '../concurrency/cached.js';
import { type FilePool } from '../disks/file/file-pool.js';
import { type StorageMetrics } from '../metrics/metrics.js';
import { type Survey, survey } from '../metrics/survey.js';
import { freshenDisk } from '../provision/freshen-disk.js';
import { type Parts } from '../provision/parts.js';
import { assertServed } from '../targets/assert-served.js';
import { type StorageOptions } from './options.js';

/** How old the numbers of a scrape may be, in milliseconds: several scrapers cost no more than one. */
const surveyAgeMs = 5000;

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
  const counted = new Cached<Survey>(() => survey(parts, () => pool.capacity()), parts.clock, surveyAgeMs);
  const endpoint = await BootEndpoint.start(boot.listen, {
    answers: new BootAnswers({
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
      text: async () => metrics.render(await counted.get()),
    },
    log,
  });
  log.info('boot scripts, health and metrics are served', { address: endpoint.address });
  return endpoint;
}
