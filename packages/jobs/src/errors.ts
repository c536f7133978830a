export { jobsError } from '@patchbay/objects';
