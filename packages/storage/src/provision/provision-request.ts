import { type ImageName, type Iqn, type NodeName, type SnapshotReference } from '../names.js';

/** What a provision is asked for. */
export interface ProvisionRequest {
  readonly node: NodeName;
  readonly image: ImageName;
  readonly snapshot?: SnapshotReference | undefined;
  readonly sizeBytes?: number | undefined;
  readonly initiator?: Iqn | undefined;
}
