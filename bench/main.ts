import { benchAccess } from './access.js';
import { benchCalls } from './calls.js';
import { benchCallsLog } from './calls-log.js';
import { benchDisks } from './disks.js';
import { benchJobs } from './jobs.js';
import { benchNames } from './names.js';
import { benchNodes } from './nodes.js';
import { benchProvisions } from './provision.js';
import { publish } from './report/publish.js';
import type { Section } from './section.js';
import { benchStartup } from './startup.js';
import { benchUpload } from './upload.js';

/** What `npm run bench` can measure, by its arguments; without any it measures everything. */
const parts: Readonly<Record<string, () => Promise<readonly Section[]>>> = {
  calls: benchCalls,
  access: benchAccess,
  'calls-log': benchCallsLog,
  provisions: benchProvisions,
  nodes: benchNodes,
  disks: benchDisks,
  names: benchNames,
  jobs: benchJobs,
  startup: benchStartup,
  upload: benchUpload,
};

const words = process.argv.slice(2);
const unknown = words.filter((word) => !Object.hasOwn(parts, word));
if (unknown.length > 0) {
  throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
}
for (const [part, measure] of Object.entries(parts)) {
  if (words.length === 0 || words.includes(part)) {
    process.stdout.write(`Measuring ${part} ...\n`);
    await publish(part, await measure());
  }
}
