import { compileGlob, didYouMean, quoted } from '@patchbay/objects';

import { jobsError } from '../errors.js';
import { parseSelector, type Term } from './selector.js';

/** What a host is chosen by: all of it is what an admin gave it, and nothing what it says of itself. */
export interface Selectable {
  readonly name: string;
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** How many names a name that is none is compared with. */
const maxCompared = 10_000;

type Matches = (host: Selectable) => boolean;

/**
 * Returns the hosts that a selector means, in the order given. Names and globs of names are alternatives to one another;
 * all other terms have to hold.
 *
 * @throws RpcError `SELECTOR_INVALID`, `HOST_UNKNOWN` where a name is no host's, `SELECTOR_EMPTY`
 */
export function selectHosts<T extends Selectable>(selector: string, hosts: readonly T[]): readonly T[] {
  const terms = parseSelector(selector);
  const known = new Known(hosts);
  const named: Matches[] = [];
  const others: Matches[] = [];
  for (const term of terms) {
    const isName = term.type === 'word' ? known.isName(term) : term.key === 'name';
    (isName && !term.isNegated ? named : others).push(known.matcher(term));
  }
  const found = hosts.filter(
    (host) =>
      others.every((matches) => matches(host)) &&
      (named.length === 0 || named.some((matches) => matches(host))),
  );
  if (found.length === 0) {
    const message = `the selector ${quoted(selector)} means none of ${String(hosts.length)} hosts; see jobs.list_hosts`;
    throw jobsError('SELECTOR_EMPTY', message, { details: { path: 'on' } });
  }
  return found;
}

/** The hosts that there are, by what terms name. */
class Known {
  readonly #names: ReadonlySet<string>;
  readonly #labels: ReadonlySet<string>;

  constructor(hosts: readonly Selectable[]) {
    this.#names = new Set(hosts.map(({ name }) => name));
    this.#labels = new Set(hosts.flatMap(({ labels }) => Object.keys(labels)));
  }

  /** Reports whether a word is a name, or a glob of names, rather than a label. */
  isName({ word }: Term & { readonly type: 'word' }): boolean {
    return isGlob(word) || this.#names.has(word);
  }

  /** @throws RpcError `HOST_UNKNOWN` */
  matcher(term: Term): Matches {
    const matches = this.#matcher(term);
    return term.isNegated ? (host) => !matches(host) : matches;
  }

  #matcher(term: Term): Matches {
    if (term.type === 'word') {
      const { word, isNegated } = term;
      if (this.isName(term)) {
        return this.#name(word, term);
      }
      if (!isNegated && !this.#labels.has(word)) {
        throw this.#unknown(word, term);
      }
      return ({ labels }) => Object.hasOwn(labels, word);
    }
    const { key, values } = term;
    if (key === 'name') {
      const names = values.map((value) => this.#name(value, term));
      return (host) => names.some((matches) => matches(host));
    }
    const wanted = new Set(values);
    return key === 'group'
      ? ({ groups }) => groups.some((group) => wanted.has(group))
      : ({ labels }) => Object.hasOwn(labels, key) && wanted.has(labels[key] ?? '');
  }

  #name(name: string, term: Term): Matches {
    if (isGlob(name)) {
      const glob = compileGlob(name);
      return (host) => glob.matches(host.name);
    }
    if (!this.#names.has(name)) {
      throw this.#unknown(name, term);
    }
    return (host) => host.name === name;
  }

  #unknown(name: string, { position }: Term): Error {
    const near = didYouMean(name, [...this.#names].slice(0, maxCompared));
    const message = `there is no host ${quoted(name)} in the cluster, nor a label of a host${near || '; see jobs.list_hosts'}`;
    return jobsError('HOST_UNKNOWN', message, {
      details: { path: 'on', position: position + 1, host: name },
    });
  }
}

function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}
