import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:http2';

import { silentLog, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { eventually } from '@patchbay/objects/testing';

import { ObjectServer } from '../../src/server/object-server.js';
import { receiveWindowBytes } from '../../src/server/session-service.js';

describe("a session's connection", () => {
  it('lets its client send a MiB ahead, of which an upload needs more than 64 KiB', async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    await using server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
    const connection = connect(`http://${server.address}`);
    try {
      await once(connection, 'remoteSettings');
      const widened = once(connection, 'remoteSettings');
      const stream = connection.request({
        ':method': 'POST',
        ':path': '/patchbay.v1.ObjectServer/Session',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined);
      const [settings] = (await widened) as [{ readonly initialWindowSize: number }];
      expect(settings.initialWindowSize).to.equal(receiveWindowBytes);
      await eventually(() => connection.state.remoteWindowSize === receiveWindowBytes);
    } finally {
      connection.destroy();
    }
  });
});
