import type { ShownTarget } from './show.js';

// tgtd never shows a secret, so inspecting a target cannot tell whether it has the right one. The serial number of its
// controller, LUN 0, which has no other use, therefore holds a marker of the secret. It lives and dies with the target,
// and only an initiator that knows the secret can query it. (It used to be the name of an unbound account. But to
// create an account tgtd searches all accounts for each number from 1, so twice as many accounts take four times as
// long.)

/** The LUN of the controller that tgtd adds to every target. */
export const controllerLun = 0;

/** The marker while the secret is being changed. */
export const noMarker = 'none';

/** Returns the marker that a target has. */
export function markerIn({ luns }: ShownTarget): string {
  return luns.find(({ lun }) => lun === controllerLun)?.serial ?? noMarker;
}
