import { type Names, withNameServer as withAny } from '../src/client.js';

/** Calls the name server at an address of plain TCP for as long as `use` runs. */
export function withNameServer<T>(address: string, use: (names: Names) => Promise<T>): Promise<T> {
  return withAny(address, use, { insecure: true });
}
