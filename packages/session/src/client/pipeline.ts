import { coreError } from '@patchbay/objects';

import type { ClientCall } from './client-call.js';
import { ClientSession } from './client-session.js';
import { ObjectHandle } from './object-handle.js';

/**
 * Sends a call of an object without a name over the session that the object belongs to. A call of an object that
 * another call has yet to return is sent right behind that one, so that both need one round trip.
 */
export function launchOn(
  call: ClientCall,
  target: ObjectHandle | ClientCall,
  carry: (session: ClientSession) => void,
): void {
  if (call.ended) {
    return;
  }
  if (target instanceof ObjectHandle) {
    launchOnHandle(call, target, carry);
  } else if (!target.ended) {
    if (target.carrier instanceof ClientSession && target.progress !== 'unsent') {
      carry(target.carrier);
    } else {
      target.follow(() => {
        launchOn(call, target, carry);
      });
    }
  } else if (target.outcome instanceof ObjectHandle) {
    launchOnHandle(call, target.outcome, carry);
  } else {
    const why = `${target.title} returned no object, so ${call.title} cannot be called`;
    call.fail(target.outcome ?? coreError('METHOD_NOT_FOUND', why));
  }
}

function launchOnHandle(
  call: ClientCall,
  { session, released, label }: ObjectHandle,
  carry: (session: ClientSession) => void,
): void {
  if (released) {
    call.fail(coreError('REFERENCE_RELEASED', `${label} was released by its caller`));
  } else if (!(session instanceof ClientSession) || session.lost) {
    const why = `${label} was handed out by a connection that has ended: request it again`;
    call.fail(coreError('REFERENCE_LOST', why));
  } else {
    carry(session);
  }
}
