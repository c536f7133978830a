import { expect } from 'chai';

import { RecordingLog } from '@patchbay/objects/testing';

import { actorLog } from '../../src/catalog/actor-log.js';
import { Actors } from '../../src/catalog/actor.js';

describe('The log of the storage object', () => {
  it('carries the id of the call that led to a line, and of what the call belongs to', async () => {
    const recording = new RecordingLog();
    const actors = new Actors();
    const log = actorLog(recording, actors).child({ component: 'targets' });
    log.info('by itself');
    await actors.run({ method: 'provision', callId: 'a-1', correlationId: 'order-7' }, async () => {
      await Promise.resolve();
      log.info('called', { node: 'node7' });
    });
    actors.run({ method: 'provision', callId: 'a-2', correlationId: 'a-2' }, () => {
      log.info('called alone');
    });
    expect(recording.lines.map(({ fields }) => fields)).to.deep.equal([
      { component: 'targets' },
      { component: 'targets', callId: 'a-1', correlationId: 'order-7', method: 'provision', node: 'node7' },
      { component: 'targets', callId: 'a-2', method: 'provision' },
    ]);
  });
});
