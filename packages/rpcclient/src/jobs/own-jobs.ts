import { type JobsMethods, jobsObjectName } from '@patchbay/objects';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

/** Who submits jobs, and reads them. */
export interface Submitter extends Pick<ObjectClient, 'proxy'> {
  /** Who it is by its identity: `user:alice`; undefined where it has none. */
  readonly principal?: string | undefined;
}

/**
 * Returns the object that keeps jobs. Who has an identity calls it as who it is, on its own machine too, where it comes
 * by the socket file: jobs are made elsewhere, where `local` is nobody.
 */
export function ownJobs(client: Submitter, object: string = jobsObjectName): RemoteObject<JobsMethods> {
  const jobs = client.proxy<JobsMethods>(object);
  return client.principal === undefined ? jobs : jobs.with({ onBehalfOf: client.principal });
}
