import { describeKills } from './kill-suite.js';
import { ProcessStage } from './process-stage.js';

const { PATCHBAY_EVERY_KILL: every } = process.env;

/*
 * As every-effect.test.ts, with the real process, which takes a second to start. So some operations are tried, at some
 * moments; with the variable PATCHBAY_EVERY_KILL, as `npm run kills` sets it, all of them at every one.
 */
describe('An RPC server that is killed at commands, file operations, target commands and commits', function () {
  this.timeout(3_600_000);
  describeKills({
    open: (world) => ProcessStage.open(world),
    ...(every === undefined
      ? {
          moments: { first: 4, step: 9 },
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
