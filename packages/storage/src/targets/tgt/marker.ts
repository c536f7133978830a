import { type ShownTarget } from './show-targets.js';

// tgtd never tells a secret, so looking at a target cannot show whether it has the right one. The serial number of its
// controller, LUN 0, which has no other use, therefore is the secret's marker. It lives and dies with the
// target, and only an initiator that knows the secret can ask for it. (It was the name of an account that is bound to
// nothing. But to make an account tgtd goes through all that there are for each number from 1, so that twice as many
// accounts take four times as long.)

/** The LUN of the controller that tgtd gives every target. */
export const controllerLun = 0;

/** Stands there while the secret is being changed. */
export const noMarker = 'none';

/** Gives the marker that a target has. */
export function markerIn({ luns }: ShownTarget): string {
  return luns.find(({ lun }) => lun === controllerLun)?.serial ?? noMarker;
}
