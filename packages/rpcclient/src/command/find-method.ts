import {
  coreError,
  didYouMean,
  type MethodDescription,
  type ObjectDescription,
  quoted,
} from '@patchbay/objects';

/** Finds a method in its object's description. @throws RpcError `METHOD_NOT_FOUND` */
export function findMethod({ name, methods }: ObjectDescription, method: string): MethodDescription {
  const found = methods.find((each) => each.name === method);
  if (found === undefined) {
    const names = methods.map((each) => each.name);
    throw coreError(
      'METHOD_NOT_FOUND',
      `${name} has no method ${quoted(method)}${didYouMean(method, names) || '; see "rpcclient help"'}`,
    );
  }
  return found;
}
