import { markerOf } from '../targets/secret-marker.js';
import { type TargetSpec, type TargetState } from '../targets/target-host.js';

/** Says whether a target is as it shall be, as far as the tool tells. */
export function isExported(spec: TargetSpec, target: TargetState | undefined): boolean {
  return (
    target !== undefined &&
    target.online &&
    target.daemon === spec.daemon &&
    target.tid === spec.tid &&
    target.iqn === spec.iqn &&
    target.backingPaths.get(spec.lun) === spec.backingPath &&
    target.accounts.includes(spec.chap.user) &&
    (target.secretMarker === undefined || target.secretMarker === markerOf(spec)) &&
    target.initiators.includes(spec.initiator)
  );
}
