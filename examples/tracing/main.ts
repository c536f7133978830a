import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connectInMemory } from '@patchbay/rpcclient/testing';

import { makeShop, type Shop, stock } from './shop.js';
import { tracing } from './tracing.js';

// What @opentelemetry/sdk-node would set up, with an exporter that sends the spans somewhere.
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

// Two servers and their clients, all in this process; RpcServer.start and connect take the same interceptors.
const interceptors = [tracing];
await using warehouse = connectInMemory({ stock }, { interceptors, server: { interceptors } });
await using client = connectInMemory(
  { shop: makeShop(warehouse) },
  { interceptors, server: { interceptors } },
);
const shop = client.proxy<Shop>('shop');
process.stdout.write(`${await shop.order('lamp', 1)}\n`);
await shop.order('lamp', 2).catch((error: unknown) => {
  process.stdout.write(`${(error as Error).message}\n`);
});

const spans = exporter.getFinishedSpans();
const print = (span: ReadableSpan, depth: number): void => {
  const failed = span.status.code === SpanStatusCode.ERROR ? ', failed' : '';
  const side = ['internal', 'server', 'client'][span.kind] ?? '';
  process.stdout.write(`${'  '.repeat(depth)}${span.name} (${side}${failed})\n`);
  const { spanId, traceId } = span.spanContext();
  for (const child of spans) {
    if (child.parentSpanContext?.spanId === spanId && child.spanContext().traceId === traceId) {
      print(child, depth + 1);
    }
  }
};
for (const root of spans.filter(({ parentSpanContext }) => parentSpanContext === undefined)) {
  print(root, 0);
}
