import { packageVersion } from '@patchbay/daemon';

/** The version of the command. */
export const version = packageVersion(import.meta.url);
