import { type Access, type Caller, type Grant, localCaller } from '@patchbay/objects';
import { isAuthorized } from '@patchbay/objects/define';

import type { Section } from './section.js';
import { median } from './statistics.js';

const rounds = 20;
const decisions = 200_000;
const warmUps = 3;

const objects = Array.from({ length: 20 }, (_, index) => `storage/v${String(index)}`);
const methods = Array.from({ length: 40 }, (_, index) => `method_${String(index)}`);
const roles = ['viewer', 'operator', 'admin'] as const;

/** Grants with globs, on each object of its own, of which half allow some of its methods alone. */
const grants = objects.map((_, index): Grant => ({
  role: roles[index % roles.length] ?? 'viewer',
  objects: `stor*/v${String(index)}`,
  methods: index % 2 === 0 ? '*' : 'method_1*',
}));

const callers: readonly (readonly [string, Caller])[] = [
  ['an admin of everything', localCaller('in-memory')],
  ['20 grants with globs', { peer: 'in-memory', principal: 'user:eve', groups: [], roles: grants }],
];

/** Measures how long it takes to decide whether a caller may call a method, of 800 for which it was decided before. */
export function benchAccess(): Promise<Section[]> {
  const figures = callers.map(([name, caller]) => {
    const times: number[] = [];
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const us = microsecondsOf(caller);
      if (round >= warmUps) {
        times.push(us);
      }
    }
    return { name, us: median(times) };
  });
  return Promise.resolve([
    {
      title: 'Whether a caller may call a method',
      unit: 'us of processor time, median',
      columns: ['once decided'],
      rows: figures.map(({ name, us }) => ({ name, values: [us] })),
      bars: figures.map(({ name, us }) => ({
        figure: `authorizing a call, ${name}, us`,
        value: us,
        is: 'at most',
        limit: 0.2,
      })),
      plotted: false,
    },
  ]);
}

/** Returns the processor time of one decision, in microseconds. */
function microsecondsOf(caller: Caller): number {
  const access: Access = 'operate';
  let allowed = 0;
  const before = process.cpuUsage();
  for (let index = 0; index < decisions; index += 1) {
    const object = objects[index % objects.length] ?? '';
    const method = methods[(index * 7) % methods.length] ?? '';
    allowed += isAuthorized({ caller, action: 'call', object, method, access }) ? 1 : 0;
  }
  const { user, system } = process.cpuUsage(before);
  if (allowed === 0) {
    throw new Error('nothing was allowed');
  }
  return (user + system) / decisions;
}
