import { type Log, type LogFields } from '@patchbay/objects';

import { type Actors } from './actor.js';

/** Makes a log whose lines say on whose behalf they were written: by the call's id, where a call led to them. */
export function actorLog(log: Log, actors: Actors): Log {
  const told = (fields: LogFields | undefined): LogFields => {
    const { method, callId, correlationId } = actors.current ?? {};
    const own = correlationId === callId ? { callId } : { callId, correlationId };
    return callId === undefined ? { ...fields } : { ...own, method, ...fields };
  };
  return {
    debug: (message, fields) => {
      log.debug(message, told(fields));
    },
    info: (message, fields) => {
      log.info(message, told(fields));
    },
    warn: (message, fields) => {
      log.warn(message, told(fields));
    },
    error: (message, fields) => {
      log.error(message, told(fields));
    },
    child: (fields) => actorLog(log.child(fields), actors),
  };
}
