import { type TargetSpec } from '../target-host.js';
import { type CommandedDaemon } from './daemon.js';
import { confirm, exportTarget, hasForm, type Owns } from './export.js';
import { cutConnections, unlessRefused } from './remove.js';

/**
 * Makes a target show the size that its file has now, in one try: a LUN keeps the size that the file had when it was
 * made, so it is made anew, with the same ids. The target itself stays, offline meanwhile, so that initiators that are
 * cut off find it and try again. It gives false while a command is still under way; then it is to be called again a
 * little later. A target that is missing or differs is remade.
 * @throws RpcError what `exportTarget` throws
 */
export async function reopenTarget(daemon: CommandedDaemon, spec: TargetSpec, owns: Owns): Promise<boolean> {
  const { tgtadm, view } = daemon;
  const found = view.targets.find(({ iqn }) => iqn === spec.iqn);
  if (found === undefined || !hasForm(found, spec)) {
    return await exportTarget(daemon, spec, owns);
  }
  const { tid, lun } = spec;
  await tgtadm.setTargetState(tid, 'offline');
  if (!(await cutConnections(tgtadm, tid))) {
    return false;
  }
  await unlessRefused(tgtadm.deleteLun(tid, lun));
  if (await tgtadm.hasLun(tid, lun)) {
    return false;
  }
  await tgtadm.newLun(tid, lun, spec.backingPath);
  await tgtadm.setLunIdentity(tid, lun, spec.scsiId, spec.serial);
  await tgtadm.setTargetState(tid, 'ready');
  await confirm(daemon, spec);
  return true;
}
