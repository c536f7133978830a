import { type Clock } from '@patchbay/core';

import { BootAnswers } from '../boot/answer.js';
import { BootEndpoint } from '../boot/endpoint.js';
import { Health } from '../boot/health.js';
import { Cached } from '../concurrency/cached.js';
import { type FilePool } from '../disks/file/file-pool.js';
import { type StorageMetrics } from '../metrics/metrics.js';
import { type Survey, survey } from '../metrics/survey.js';
import { freshenDisk, type ReplaceServices } from '../provision/replace-disk.js';
import { type Naming } from '../provision/naming.js';
import { assertServed } from '../targets/assert-served.js';
import { type TargetHost } from '../targets/target-host.js';
import { type StorageOptions } from './options.js';

/** How old the numbers of a scrape may be, in milliseconds, so that several scrapers cost no more than one. */
const surveyAgeMs = 5000;

/** What the endpoint serves from. */
export interface BootServices extends ReplaceServices {
  readonly pool: FilePool;
  readonly targets: TargetHost;
  readonly naming: Naming;
  readonly bootTokens: boolean;
  readonly clock: Clock;
  readonly metrics: StorageMetrics;
}

/** Starts the HTTP endpoint, where the options have one. @throws RpcError `BOOT_UNAVAILABLE` */
export async function startBoot(
  { boot }: StorageOptions,
  services: BootServices,
): Promise<BootEndpoint | undefined> {
  if (boot === undefined) {
    return undefined;
  }
  const { catalog, pool, targets, clock, metrics } = services;
  const log = services.log.child({ component: 'boot' });
  const counted = new Cached<Survey>(() => survey(services, () => pool.capacity()), clock, surveyAgeMs);
  const endpoint = await BootEndpoint.start(boot.listen, {
    answers: new BootAnswers({
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
      { pool: () => pool.directory.assertAvailable(), targets: () => assertServed(targets) },
      { clock, log },
    ),
    metrics: {
      contentType: metrics.contentType,
      text: async () => metrics.render(await counted.get()),
    },
    log,
  });
  log.info('serving boot scripts, health and metrics', { address: endpoint.address });
  return endpoint;
}
