import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Runs a full garbage collection, which takes some 20 ms. V8 runs one where much is allocated: a server that has become
 * idle keeps what it no longer needs until then.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc'); // for contexts that are made from now on
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
