import { describeKills } from './kill-suite.js';
import { PlayedStage } from './played-stage.js';

/*
 * The deaths are played within this process, so that there is time for thousands of them; killed-server.test.ts kills
 * the server's own process.
 */
describe('An object that dies at each command, file operation, target command and commit', function () {
  this.timeout(120_000);
  describeKills({ open: (world) => PlayedStage.open(world), moments: { first: 1, step: 1 } });
});
