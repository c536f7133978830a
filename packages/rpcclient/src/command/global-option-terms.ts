import { type GlobalOption, type GlobalOptionName, globalOptions } from './global-options.js';

const summaries: Readonly<Record<GlobalOptionName, string>> = {
  'name-server':
    'The name server (default: $PATCHBAY_NAMESERVER, else the one in client.yaml, else its socket, else 127.0.0.1:7440)',
  insecure:
    'Dial plain TCP, which is neither encrypted nor authenticated (default: $PATCHBAY_INSECURE, else as in client.yaml)',
  'tls-cert': 'The certificate, in PEM, of a PKI of your own, by which to call (default: as in client.yaml)',
  'tls-key': "The certificate's private key, in PEM",
  'tls-roots': 'The roots that are trusted, in PEM',
  object: 'The object of a METHOD without one (default: $PATCHBAY_OBJECT, else storage)',
  timeout:
    'How long the call may take, such as 30s or 1h30m, or none for no limit (default: as the method declares)',
  reason: 'Why the call is made: travels with it, and stands in the logs of both sides',
  yes: 'Do not ask, on a terminal, before a METHOD that destroys something',
  async: 'Submit the call as a job, which is kept until it is done, and print its id',
  'no-async': 'Call a METHOD directly that is a job by default',
  on: 'Make the call on hosts, by names, groups and labels such as group=linux,role!=db, and follow what they write',
  job: 'How the job is carried out: retries, backoff, retry-on, timeout, priority, not-before, expires, at-once, stop-after, id',
  format: 'Print the result as table, json, yaml, or ndjson: one line of JSON for each item (default: table)',
  json: 'Same as --format json: one JSON value, and nothing else',
  output: 'Write the bytes that METHOD returns to FILE, which appears once it is complete',
  watch: 'Repeat the call INTERVAL after each call, such as 500ms (default: 2s), until Ctrl-C',
  help: 'Show help, also that of a METHOD or COMMAND',
  version: 'Show the version',
};

/** An option of the command as help and completion show it. */
export interface GlobalOptionTerm extends GlobalOption {
  readonly name: GlobalOptionName;
  readonly summary: string;
}

/** The options that the command itself takes, in the order of its help. */
export const globalOptionTerms: readonly GlobalOptionTerm[] = (
  Object.keys(globalOptions) as GlobalOptionName[]
).map((name) => ({ name, summary: summaries[name], ...globalOptions[name] }));
