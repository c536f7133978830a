import { setTimeout as delay } from 'node:timers/promises';

import { Random } from '../../soak/random.js';
import { happen, prepare } from './accidents.js';
import { check, settle } from './check.js';
import { tidyUp } from './operator.js';
import { type Step, stepsOf, titleOf } from './plan.js';
import { make } from './requests.js';
import type { Scene } from './scene.js';

/** A random run. */
export interface ChaosRun {
  readonly scene: Scene;
  readonly seed: number;
  /** Reports whether the run ends before a step, by the number of steps so far. */
  readonly isOver: (steps: number) => boolean;
  readonly print: (line: string) => void;
}

/**
 * Takes the steps of a seed one after the other, and checks everything after each.
 *
 * @returns the number of steps
 * @throws Error with the seed, the steps so far and what does not hold
 */
export async function runChaos({ scene, seed, isOver, print }: ChaosRun): Promise<number> {
  const taken: string[] = [];
  for (const step of stepsOf(new Random(seed))) {
    if (isOver(taken.length)) {
      break;
    }
    taken.push(`${String(taken.length + 1)}. ${titleOf(step)}`);
    const words: string[] = [];
    try {
      const wrong = await take(scene, step, 1 + (taken.length % 250), words);
      if (wrong.length > 0) {
        throw new Error(wrong.join('\n'));
      }
    } catch (error) {
      const steps = taken.join('\n');
      const log = (await scene.patchbay.rpcServerDaemon.log()).split('\n').slice(-30).join('\n');
      throw new Error(
        `seed ${String(seed)} failed at the last of these steps:\n${steps}\n  ${words.join(', ')}\n${String(error)}\n${log}`,
        { cause: error },
      );
    }
    print(`${taken.at(-1) ?? ''}\n     ${words.join('; ')}`);
  }
  return taken.length;
}

/** Takes a step: makes its requests, lets the accident happen meanwhile, heals, and returns what does not hold then. */
async function take(scene: Scene, step: Step, byte: number, words: string[]): Promise<string[]> {
  const { accidents, requests, afterAnswers, afterMs } = step;
  for (const accident of accidents) {
    await prepare(scene, accident);
  }
  let answers = 0;
  let begin: () => void = () => undefined;
  const due = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const answered = (): void => {
    answers += 1;
    if (answers >= afterAnswers) {
      begin();
    }
  };
  const made = requests.map((request) => make(scene, request, byte, answered));
  if (afterAnswers === 0) {
    begin();
  }
  // Fewer answers than that may come, where a node has no disk to write.
  const all = Promise.allSettled(made);
  await Promise.race([due, all]);
  try {
    await delay(afterMs); // the moment is a part of the step
    await Promise.all(accidents.map((accident) => happen(scene, accident, all)));
  } finally {
    await scene.heal();
  }
  const outcomes = await all;
  words.push(
    ...outcomes.map((each, at) => {
      const word = each.status === 'fulfilled' ? each.value : String(each.reason);
      return `${requests[at]?.kind ?? ''}: ${word}`;
    }),
  );
  const failed = outcomes.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  const kinds = accidents.map(({ kind }) => kind);
  const wentBack = kinds.includes('old catalog');
  const lost = wentBack || kinds.includes('file') ? await tidyUp(scene, wentBack) : [];
  await settle(scene);
  return [...failed, ...lost, ...(await check(scene))];
}
