import { type CallSink, type Invocation, noMetadata, type RunningCall, toRpcError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { describing } from '../protocol/frame.js';

/** A call of a session, which is its own sink. */
interface SessionCall extends Invocation, CallSink {
  readonly ended: boolean;
  done(): void;
}

/** Begins a call; undefined for one that asks for the description of its object, which is answered with no method run. */
export function beginOn(dispatcher: Dispatcher, call: SessionCall): RunningCall | undefined {
  if (call.method !== describing || call.handedOut !== undefined) {
    return dispatcher.begin(call, call);
  }
  void describe(dispatcher, call);
  return undefined;
}

async function describe(dispatcher: Dispatcher, call: SessionCall): Promise<void> {
  try {
    const description = await dispatcher.describe(call.object, call);
    if (!call.ended) {
      call.result(description, noMetadata);
    }
  } catch (error) {
    if (!call.ended) {
      call.failure(toRpcError(error), false, noMetadata);
    }
  } finally {
    call.done();
  }
}
