import { loadObject } from '../load-object.js';
import { type MakeObject } from '../open-objects.js';
import { type ObjectChanges } from '../server-options.js';
import { type RpcServerConfiguration } from './configuration.js';

/** What a configuration says of the objects to host, and of how many calls may be made of them. */
interface Hosted extends Required<Pick<ObjectChanges, 'shared' | 'maxConcurrent' | 'limits'>> {
  readonly objects: Readonly<Record<string, MakeObject>>;
}

/** Gives what a configuration says of the objects, as the server takes it. */
export function hostedBy(
  { objects, limits }: Pick<RpcServerConfiguration, 'objects' | 'limits'>,
  baseDir: string,
): Hosted {
  const { stall: stallMs, ...others } = limits;
  const makers = objects.map((entry): [string, MakeObject] => [
    entry.name,
    (context) => loadObject(entry, baseDir, context),
  ]);
  return {
    objects: Object.fromEntries(makers),
    shared: objects.filter(({ shared }) => shared).map(({ name }) => name),
    maxConcurrent: Object.fromEntries(objects.map(({ name, maxConcurrent }) => [name, maxConcurrent])),
    limits: { ...others, stallMs },
  };
}
