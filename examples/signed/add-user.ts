import type { Interceptor } from '@patchbay/rpcserver';

/**
 * Replaces the arguments of calls before their methods begin: whatever the caller says, `user` is who has proven to call.
 * Methods without such an option, and the command lines of `rpcclient`, would be left as they are here.
 */
export const addUser: Interceptor = (call, next) => {
  const { object, method, caller } = call;
  if (object === 'diary' && method === 'write') {
    const [text] = call.arguments;
    call.replaceArguments([text, { user: caller?.principal }]);
  }
  return next();
};
