import {
  coreError,
  didYouMean,
  type MethodDescription,
  type ObjectDescription,
  quoted,
} from '@patchbay/objects';

/** Returns the methods of an object, and its properties, which are read like methods without arguments. */
export function membersOf({ methods, properties = [] }: ObjectDescription): MethodDescription[] {
  const reads = properties.map(({ schema, ...described }) => {
    return { ...described, args: [], options: [], returns: schema, idempotent: true };
  });
  return [...methods, ...reads];
}

/** Finds a method or a property in its object's description. @throws RpcError `METHOD_NOT_FOUND` */
export function findMethod(object: ObjectDescription, method: string): MethodDescription {
  const members = membersOf(object);
  const found = members.find((each) => each.name === method);
  if (found === undefined) {
    const names = members.map((each) => each.name);
    throw coreError(
      'METHOD_NOT_FOUND',
      `${object.name} has no method ${quoted(method)}${didYouMean(method, names) || '; see "rpcclient help"'}`,
    );
  }
  return found;
}
