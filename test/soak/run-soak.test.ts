import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { Random } from './random.js';
import { runSoak, type SoakResult, type StepOutcome } from './run-soak.js';

const steps = Array.from({ length: 20 }, (_, index) => `step ${String(index)}`);

describe('A long test', () => {
  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patchbay-soak-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function run(
    seed: number,
    {
      resume = false,
      outcome = () => 'passed',
    }: { resume?: boolean; outcome?: (step: string) => StepOutcome } = {},
  ): Promise<SoakResult & { performed: string[]; printed: string[] }> {
    const performed: string[] = [];
    const printed: string[] = [];
    const result = await runSoak({
      name: 'trial',
      seed,
      steps,
      perform: async (step, stepSeed) => {
        performed.push(`${step} ${String(stepSeed)}`);
        return outcome(step);
      },
      directory,
      resume,
      print: (line) => printed.push(line),
    });
    return { ...result, performed, printed };
  }

  it('performs every step, in the order and with the seeds that its own seed gives', async () => {
    const { performed, passed, printed } = await run(7);
    expect(passed).to.equal(steps.length);
    expect(performed.map((each) => each.replace(/ \d+$/, ''))).to.have.members(steps);
    expect((await run(7)).performed).to.deep.equal(performed);
    expect((await run(8)).performed).not.to.deep.equal(performed);
    expect(printed[0]).to.equal('trial: 20 steps, seed 7');
  });

  it('resumes where it was interrupted', async () => {
    const whole = await run(7);
    let left = 5;
    const first = await run(7, { outcome: () => (left-- > 0 ? 'passed' : 'interrupted') });
    expect(first).to.include({ interrupted: true, passed: 5 });

    const second = await run(7, { resume: true });

    expect(second.performed).to.deep.equal(whole.performed.slice(5));
    expect(second).to.include({ interrupted: false, passed: steps.length });
  });

  it('goes on after a step that failed, and repeats it when it is resumed', async () => {
    const first = await run(7, { outcome: (step) => (step === 'step 3' ? 'failed' : 'passed') });
    expect(first.failed).to.deep.equal(['step 3']);
    expect(first.performed).to.have.length(steps.length);
    const state = JSON.parse(await readFile(join(directory, 'trial-7.json'), 'utf8')) as string[];
    expect(state).to.have.length(steps.length - 1);

    const second = await run(7, { resume: true });

    expect(second.performed.map((each) => each.replace(/ \d+$/, ''))).to.deep.equal(['step 3']);
  });

  it('begins anew without being told to resume', async () => {
    await run(7);
    expect((await run(7)).performed).to.have.length(steps.length);
  });
});

describe('The random numbers of a seed', () => {
  it('are spread evenly below their limit', () => {
    const random = new Random(1);
    const counts = new Map<number, number>();
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const number = random.below(10);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.min(...counts.values())).to.be.above(900);
    expect(Math.max(...counts.values())).to.be.below(1_100);
  });
});
