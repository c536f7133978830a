import { userIdentityFile } from '@patchbay/objects';
import { escapeControls } from '@patchbay/terminal';

import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient logout`: removes the user's identity, here and at the name server. */
export const prepare: PrepareVerb = (line, _settings, { environment, errors }) => {
  readVerbArgs('logout', line, ['object', 'format', 'json', 'watch']);
  return async (out) => {
    // On demand: no other command needs what it loads.
    const { logOut } = await import('../identity.js');
    const path = userIdentityFile(environment);
    const { user, problem } =
      path === undefined ? { user: undefined, problem: undefined } : await logOut(path);
    if (problem !== undefined) {
      const why = problem instanceof Error ? problem.message : 'it does not say why';
      errors.write(
        escapeControls(`warning: the name server still knows the key (${why}); an admin removes it`) + '\n',
      );
    }
    out.write(
      user === undefined ? 'nobody is logged in\n' : escapeControls(`logged out user:${user}`) + '\n',
    );
  };
};
