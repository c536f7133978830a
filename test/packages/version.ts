import { read } from '../repository.js';

/** The version of this checkout; a test holds all else that tells one against it. */
export const { version } = JSON.parse(read('package.json')) as { readonly version: string };
