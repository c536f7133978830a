import { describeKills } from './kill-suite.js';
import { ProcessStage } from './process-stage.js';

const { PATCHBAY_SOAK: soak, PATCHBAY_SEED: seed = '3' } = process.env;

/*
 * As every-effect.test.ts, with the real process, which takes a second to start. So some operations are tried, at some
 * effects, which the seed chooses; `npm run soak kills` tries all of them at every one.
 */
describe('An RPC server that is killed at commands, file operations, target commands and commits', function () {
  this.timeout(3_600_000);
  describeKills({
    open: (world) => ProcessStage.open(world),
    ...(soak === undefined
      ? {
          moments: { first: 1 + (Number(seed) % 9), step: 9 },
          titles: [
            'import_image of a qcow2',
            'provision',
            'detach_node --force in the middle of a create_snapshot',
            'a scheduled snapshot with its retention',
          ],
        }
      : { moments: { first: 1, step: 1 } }),
  });
});
