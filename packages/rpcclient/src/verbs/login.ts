import { coreError, formatDuration, userIdentityFile } from '@patchbay/objects';
import { escapeControls, readSecret } from '@patchbay/terminal';

import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient login`: gives a user the identity that further commands call with. */
export const prepare: PrepareVerb = (line, _settings, context) => {
  const { positionals, options } = readVerbArgs('login', line, ['object', 'format', 'json', 'watch']);
  const [address = context.nameServer] = positionals as string[];
  const { token } = options as { readonly token?: string };
  const path = userIdentityFile(context.environment);
  if (path === undefined) {
    throw coreError(
      'CONFIG_INVALID',
      'nobody can log in without a home directory: set HOME or XDG_CONFIG_HOME',
    );
  }
  return async (out) => {
    const { errors, signal, clock } = context;
    const say = (text: string): void => {
      errors.write(`${escapeControls(text)}\n`);
    };
    // On demand: no other command needs what it loads.
    const { logIn } = await import('../identity.js');
    const { identity, enrolment } = await logIn({
      ...{ address, path, signal, clock },
      token: token === '-' ? await readSecret('the token', context.input, errors) : token,
      onSkew: (aheadMs) => {
        const way = aheadMs > 0 ? 'ahead of' : 'behind';
        say(
          `warning: this clock is ${formatDuration(Math.round(Math.abs(aheadMs) / 1_000) * 1_000)} ${way} the name server's: set the wrong one`,
        );
      },
    });
    const again = enrolment === undefined ? ' already' : '';
    out.write(
      escapeControls(`logged in${again} as user:${identity.name} of the cluster ${identity.cluster}`) + '\n',
    );
  };
};
