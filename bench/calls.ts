import { inNode, installedInPython } from './contestants.js';
import { type PayloadName, payloadNames } from './payloads.js';
import { type Figures, type Race, run } from './race.js';
import type { Bar, Section } from './section.js';

const ours = inNode('patchbay', 'Patchbay session');
const bySocket = inNode('patchbay-by-socket', 'Patchbay session, socket file');
const byTls = inNode('patchbay-by-tls', 'Patchbay session, TLS');
const byKey = inNode('patchbay-by-key', 'Patchbay session, API key');
const spinning = inNode('patchbay-spinning', 'Patchbay session, client spinning');
const call = inNode('patchbay-call', 'Patchbay Call');
const callAsUnary = inNode('patchbay-call-as-unary', 'Patchbay Call, as unary');
const socket = inNode('socket', 'bare socket, JSON');
const pipelined = inNode('socket-pipelined', 'bare socket, JSON, one write a turn');
const unary = inNode('unary', 'grpc-js unary, JSON');
const unaryValue = inNode('unary-value', 'grpc-js unary, Value');
const unchecked = inNode('patchbay-unchecked', 'nothing on');
const checked = inNode('patchbay', 'validation');
const everything = inNode('patchbay-everything', 'all on: validation, interceptors, log at info');
const everyCallLogged = inNode('patchbay-every-call-logged', 'all that and a log line per call');

const inProcessor = 'One caller, processor time';
const oneCaller = { payloads: payloadNames, inFlight: 1, rounds: 9, roundMs: 200 };
const many = {
  payloads: ['short string', '20 keys'],
  inFlight: 64,
  pinned: false,
  rounds: 9,
  roundMs: 200,
} as const;

/** Measures calls: ours compared with a bare socket, plain gRPC and, where they are installed, Pyro and RPyC. */
export async function benchCalls(): Promise<Section[]> {
  const peers = [...installedInPython().values()];
  const all = [ours, bySocket, byTls, byKey, call, callAsUnary, socket, unary, unaryValue, ...peers];
  // Twice, each time in fresh processes: how code was optimized differs from one to the next.
  const pinned = await run({ ...oneCaller, pinned: true, contestants: all });
  const again = await run({ ...oneCaller, pinned: true, contestants: all });
  const free = await run({
    ...oneCaller,
    pinned: false,
    rounds: 5,
    contestants: [ours, spinning, ...all.slice(1)],
  });
  const flight = await run({ ...many, contestants: [ours, call, socket, pipelined, unary, ...peers] });
  return [
    {
      ...table('One caller, client and server on one core', 'us, median', pinned.figures, payloadNames),
      bars: oneCallerBars(pinned.figures),
      plotted: true,
    },
    {
      ...table(`${inProcessor}, first run`, 'us of both processes', pinned.processorUs, payloadNames),
      bars: processorBars(pinned.processorUs),
      plotted: false,
    },
    {
      ...table(`${inProcessor}, second run`, 'us of both processes', again.processorUs, payloadNames),
      bars: processorBars(again.processorUs),
      plotted: false,
    },
    {
      ...table('One caller, two cores', 'us, median', free.figures, payloadNames),
      bars: [],
      plotted: false,
    },
    {
      ...table('64 in flight on one connection, two cores', 'calls/s', flight.figures, many.payloads),
      bars: manyBars(flight.figures),
      plotted: true,
    },
    ...(await benchExtras()),
  ];
}

/** Measures what our own layers cost. */
async function benchExtras(): Promise<Section[]> {
  const contestants = [unchecked, checked, everything, everyCallLogged];
  const payloads = ['short string', '20 keys'] as const;
  const one: Race = { ...oneCaller, payloads, pinned: true, contestants };
  const { figures: onePinned } = await run(one);
  const { figures: flight } = await run({ ...many, contestants });
  // A log line per call is a choice of the operator: its cost is shown, but held against no bar.
  const limits = new Map([
    [everything.title, 1.25],
    [everyCallLogged.title, null],
  ]);
  const all = (bar: (title: string, payload: PayloadName) => Pick<Bar, 'figure' | 'value'>): Bar[] =>
    [...limits].flatMap(([title, limit]) =>
      payloads.map((payload) => ({ ...bar(title, payload), is: 'at most', limit })),
    );
  return [
    {
      ...table('What our own layers cost: one caller, one core', 'us, median', onePinned, payloads),
      bars: all((title, payload) => ({
        figure: `${title} / nothing on, ${payload}`,
        value: ratio(onePinned, payload, title, unchecked.title),
      })),
      plotted: false,
    },
    {
      ...table('What our own layers cost: 64 in flight, two cores', 'calls/s', flight, payloads),
      bars: all((title, payload) => ({
        figure: `nothing on / ${title}, ${payload}`,
        value: ratio(flight, payload, unchecked.title, title),
      })),
      plotted: false,
    },
  ];
}

function barOf(figures: Figures) {
  return (payload: PayloadName, title: string, limit: number | null, subject = ours.title): Bar => ({
    figure: `${subject} / ${title}, ${payload}`,
    value: ratio(figures, payload, subject, title),
    is: 'at most',
    limit,
  });
}

/** Bars on processor time, which other load on the machine affects least. */
function processorBars(figures: Figures): Bar[] {
  const bar = barOf(figures);
  return [
    bar('short string', socket.title, 1.45),
    bar('short string', 'Pyro4', 0.6),
    bar('short string', 'RPyC', 0.75),
    bar('20 keys', socket.title, 1.6),
    bar('20 keys', 'Pyro4', 0.35),
    bar('20 keys', 'RPyC', 0.45),
    bar('short string', ours.title, 0.9, bySocket.title),
    bar('20 keys', ours.title, 0.9, bySocket.title),
    ...payloadNames.map((payload) => bar(payload, ours.title, 1.7, byTls.title)),
    ...payloadNames.map((payload) => bar(payload, ours.title, 1.75, byKey.title)),
  ];
}

function oneCallerBars(figures: Figures): Bar[] {
  const bar = barOf(figures);
  return [
    bar('short string', socket.title, null),
    bar('short string', 'Pyro4', null),
    bar('64 KiB', 'Pyro4', 1),
    bar('64 KiB', 'Pyro5', 1),
    bar('64 KiB', 'RPyC', 1),
    bar('short string', unary.title, 1.15, call.title),
    bar('20 keys', unaryValue.title, 1.15, call.title),
  ];
}

function manyBars(figures: Figures): Bar[] {
  const bar = (title: string, limit: number): Bar => ({
    figure: `${ours.title} / ${title}, short string`,
    value: ratio(figures, 'short string', ours.title, title),
    is: 'at least',
    limit,
  });
  return [
    bar('Pyro4', 2),
    bar('RPyC', 5),
    bar(unary.title, 20),
    bar(socket.title, 2.5),
    bar(pipelined.title, 0.7),
  ];
}

function ratio(figures: Figures, payload: PayloadName, of: string, to: string): number | null {
  const above = figures.get(of)?.get(payload);
  const below = figures.get(to)?.get(payload);
  return above === undefined || below === undefined ? null : above / below;
}

function table(
  title: string,
  unit: string,
  figures: Figures,
  columns: readonly PayloadName[],
): Pick<Section, 'title' | 'unit' | 'columns' | 'rows'> {
  const rows = [...figures].map(([name, row]) => ({
    name,
    values: columns.map((column) => row.get(column) ?? null),
  }));
  return { title, unit, columns, rows };
}
