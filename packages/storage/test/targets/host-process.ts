import { silentLog, systemClock } from '@patchbay/objects';

import type { TargetSpec } from '../../src/targets/target-host.js';
import { startTgtHost } from '../../src/targets/tgt/tgt-host.js';

// A process for a test to kill: it exports one disk, prints the pid of its daemon, and keeps running.
const [stateDir = '', portal = '', spec = ''] = process.argv.slice(2);
const host = await startTgtHost({
  stateDir,
  portal,
  daemon: 0,
  clock: systemClock,
  log: silentLog,
  onStop: 'stop',
  owns: () => true,
});
await host.onRestart(() => host.ensureExported(JSON.parse(spec) as TargetSpec));
process.stdout.write(String(host.pid));
