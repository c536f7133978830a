import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Random } from './random.js';

/** What a step ended with; `interrupted` ends the whole run. */
export type StepOutcome = 'passed' | 'failed' | 'interrupted';

/** A long test, as steps that are independent of each other. */
export interface SoakRun {
  readonly name: string;
  /** Decides the order of the steps and the seed of each. */
  readonly seed: number;
  /** The titles of the steps, each of them once. */
  readonly steps: readonly string[];
  readonly perform: (step: string, seed: number) => Promise<StepOutcome>;
  /** The directory of the state file. */
  readonly directory: string;
  /** Whether to skip the steps that passed in an earlier run with this seed. */
  readonly resume: boolean;
  readonly print: (line: string) => void;
}

/** How a run ended. */
export interface SoakResult {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly interrupted: boolean;
}

/**
 * Performs the steps one after the other, in the order of the seed. After each one that passed, writes the state file
 * NAME-SEED.json, from which a run that was interrupted is resumed. A failed step does not stop the others.
 */
export async function runSoak(run: SoakRun): Promise<SoakResult> {
  const { name, seed, steps, perform, directory, resume, print } = run;
  const random = new Random(seed);
  const ordered = random.shuffle(steps).map((step) => ({ step, seed: random.below(2 ** 31) }));
  const file = join(directory, `${name}-${String(seed)}.json`);
  const passed = new Set(resume ? await readPassed(file) : []);
  const failed: string[] = [];
  print(`${name}: ${String(steps.length)} steps, seed ${String(seed)}`);
  for (const [index, each] of ordered.entries()) {
    const title = `[${String(index + 1)}/${String(steps.length)}] ${each.step}`;
    if (passed.has(each.step)) {
      print(`${title}: passed before`);
      continue;
    }
    const beganMs = performance.now();
    const outcome = await perform(each.step, each.seed);
    if (outcome === 'interrupted') {
      return { passed: passed.size, failed, interrupted: true };
    }
    print(`${title}: ${outcome} after ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
    if (outcome === 'failed') {
      failed.push(each.step);
      continue;
    }
    passed.add(each.step);
    await mkdir(directory, { recursive: true });
    await writeFile(file, JSON.stringify([...passed], null, 2));
  }
  return { passed: passed.size, failed, interrupted: false };
}

async function readPassed(file: string): Promise<readonly string[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as readonly string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
