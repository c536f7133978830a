import { expect } from 'chai';

import { Random } from '../../soak/random.js';
import { type Step, stepsOf, titleOf } from './plan.js';

function firstSteps(seed: number, count: number): Step[] {
  const steps = stepsOf(new Random(seed));
  return Array.from({ length: count }, () => steps.next().value);
}

describe('The steps of a random run', () => {
  it('are the same for the same seed, and others for another', () => {
    const titles = firstSteps(7, 100).map(titleOf);
    expect(firstSteps(7, 100).map(titleOf)).to.deep.equal(titles);
    expect(firstSteps(8, 100).map(titleOf)).not.to.deep.equal(titles);
  });

  it('have every accident and every request', () => {
    const steps = firstSteps(1, 400);
    const accidents = new Set(steps.flatMap((step) => step.accidents.map(({ kind }) => kind)));
    const requests = new Set(steps.flatMap((step) => step.requests.map(({ kind }) => kind)));
    expect([accidents.size, requests.size]).to.deep.equal([11, 15]);
  });

  it('ask nothing of a node or an image twice at once', () => {
    for (const { requests } of firstSteps(1, 400)) {
      const nodes = requests.flatMap((request) => [
        ...('node' in request ? [request.node] : []),
        ...('to' in request ? [request.to] : []),
        ...(request.kind === 'import' || request.kind === 'delete_image' ? [request.image] : []),
      ]);
      expect(new Set(nodes).size, nodes.join()).to.equal(nodes.length);
    }
  });
});
