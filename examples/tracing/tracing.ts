import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Interceptor } from '@patchbay/rpcclient';

/** Makes a span of each call, on both sides; its context travels with the call as W3C Trace Context. */
export const tracing: Interceptor = (call, next) => {
  const isClient = call.side === 'client';
  const parent = isClient ? context.active() : propagation.extract(ROOT_CONTEXT, call.metadata);
  const options = {
    kind: isClient ? SpanKind.CLIENT : SpanKind.SERVER,
    attributes: { 'rpc.system': 'patchbay', 'rpc.service': call.object, 'rpc.method': call.method },
  };
  const tracer = trace.getTracer('patchbay');
  return tracer.startActiveSpan(`${call.object}/${call.method}`, options, parent, async (span) => {
    if (isClient) {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      call.addMetadata(carrier);
    }
    try {
      return await next(); // the method runs in the context of its span, and so do the calls that it makes
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
};
