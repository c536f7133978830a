import type { Section } from '../section.js';
import { figureText, markdown } from './table.js';

interface Headline {
  /** What was measured, for readers who know nothing of the benchmarks. */
  readonly says: string;
  readonly unit: '× the time' | '× as many' | 'names/s';
  /** The section and the figure of it that is shown. */
  readonly section: string;
  readonly figure: string;
}

const headlines: readonly Headline[] = [
  {
    says: 'A call on an open session, compared with the same JSON over a bare socket',
    unit: '× the time',
    section: 'One caller, client and server on one core',
    figure: 'Patchbay session / bare socket, JSON, short string',
  },
  {
    says: 'The same call, compared with Pyro4',
    unit: '× the time',
    section: 'One caller, client and server on one core',
    figure: 'Patchbay session / Pyro4, short string',
  },
  {
    says: 'Calls a second, 64 in flight on one connection, compared with unary calls of grpc-js',
    unit: '× as many',
    section: '64 in flight on one connection, two cores',
    figure: 'Patchbay session / grpc-js unary, JSON, short string',
  },
  {
    says: 'Starting `rpcclient`, a lookup and a call, compared with starting Node.js alone',
    unit: '× the time',
    section: 'A lookup and a call from a cold start',
    figure: 'rpcclient / node -e 0',
  },
  {
    says: 'A lookup among 100,000 names, compared with Pyro4',
    unit: '× the time',
    section: 'A lookup at the name server, one caller, on one core',
    figure: "lookup / Pyro4's, 100,000 names",
  },
  {
    says: 'Durable registrations, 256 calls in flight',
    unit: 'names/s',
    section: 'Durable registrations, two cores',
    figure: 'names/s, 256 calls in flight',
  },
  {
    says: 'Provisioning a disk from an image of 10 GiB, compared with one of 100 MiB',
    unit: '× the time',
    section: 'Provision over the wire, XFS with reflink',
    figure: '10 GiB / 100 MiB',
  },
  {
    says: 'Restoring the exports of 1,000 nodes after tgtd was killed, compared with bare `tgtadm` commands',
    unit: '× the time',
    section: 'From kill -9 of tgtd until all exports of 1,000 nodes are back',
    figure: 'all exports back / bare tgtadm commands',
  },
];

/** Writes the figures of the README as one Markdown table. @throws Error naming a figure that is in no section */
export function headlineTable(sections: readonly Section[]): string {
  const rows = headlines.map(({ says, unit, section, figure }) => {
    const found = sections
      .filter(({ title }) => title === section)
      .flatMap(({ bars }) => bars)
      .find((bar) => bar.figure === figure);
    if (found === undefined) {
      throw new Error(`the README shows "${figure}" of "${section}", which nothing measures`);
    }
    return [says, `${figureText(found.value)} ${unit}`];
  });
  return markdown(['What', 'Figure'], rows);
}
