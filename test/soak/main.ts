import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { parseDuration } from '@patchbay/objects';

import { root } from '../repository.js';
import { runSoak, type StepOutcome } from './run-soak.js';
import { mochaArguments, soaks } from './soaks.js';

const usage = [
  'Usage: npm run soak NAME [-- [--seed N] [--duration 10m] [--resume]]',
  '',
  ...Object.entries(soaks).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`),
].join('\n');

let interrupted = false;
let killStep: () => void = () => undefined;
process.on('SIGINT', () => {
  if (interrupted) {
    killStep();
  }
  interrupted = true;
  process.stdout.write('\nstopping after this step, which cleans up behind itself; Ctrl-C again kills it\n');
});

async function perform(args: readonly string[], seed: number): Promise<StepOutcome> {
  const child = spawn(process.execPath, mochaArguments(args), {
    cwd: root,
    env: {
      ...process.env,
      PATCHBAY_SOAK: '1',
      PATCHBAY_SEED: String(seed),
      PATCHBAY_DURATION_MS: String(durationMs),
    },
    stdio: 'inherit',
    detached: true, // Ctrl-C, which goes to the whole process group, must not reach it
  });
  killStep = () => child.kill('SIGKILL');
  const [status] = (await once(child, 'exit')) as [number | null];
  return status === 0 ? 'passed' : interrupted ? 'interrupted' : 'failed';
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, duration: { type: 'string' }, resume: { type: 'boolean' } },
});
// Without a "--" npm keeps the options for itself: `--seed 7` arrives as a second word, `--resume` in the environment.
const [name = '', bareSeed, ...more] = positionals;
const resume = values.resume ?? process.env.npm_config_resume !== undefined;
const seed = Number(values.seed ?? bareSeed ?? randomInt(2 ** 31));
const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
const durationMs = values.duration === undefined ? (soak?.durationMs ?? 0) : parseDuration(values.duration);
if (soak === undefined || more.length > 0 || !Number.isSafeInteger(seed) || durationMs === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

const round = [...soak.steps()];
const steps = new Map(
  Array.from({ length: soak.rounds }, (_, index) => index + 1).flatMap((number) =>
    round.map(
      ([title, args]) => [soak.rounds === 1 ? title : `${title}, round ${String(number)}`, args] as const,
    ),
  ),
);
const {
  passed,
  failed,
  interrupted: stopped,
} = await runSoak({
  name,
  seed,
  steps: [...steps.keys()],
  perform: (step, stepSeed) =>
    interrupted ? Promise.resolve('interrupted') : perform(steps.get(step) ?? [], stepSeed),
  directory: join(root, 'build', 'soak'),
  resume,
  print: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${String(passed)} of ${String(steps.size)} steps passed\n`);
for (const step of failed) {
  process.stdout.write(`FAILED: ${step}\n`);
}
if (stopped || failed.length > 0) {
  const again = values.duration === undefined ? '' : ` --duration ${values.duration}`;
  process.stdout.write(`resume with: npm run soak ${name} -- --seed ${String(seed)}${again} --resume\n`);
}
process.exitCode = stopped ? 130 : failed.length > 0 ? 1 : 0;
