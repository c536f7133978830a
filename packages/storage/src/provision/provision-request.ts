import {
  type ImageName,
  type Iqn,
  type MacAddress,
  type NodeName,
  type SnapshotReference,
} from '../names.js';

/** What a provision is asked for. */
export interface ProvisionRequest {
  readonly node: NodeName;
  readonly image: ImageName;
  readonly snapshot?: SnapshotReference | undefined;
  readonly sizeBytes?: number | undefined;
  /** Whether each boot shall begin with a fresh clone. */
  readonly ephemeral?: boolean | undefined;
  readonly initiator?: Iqn | undefined;
  /** The network card that may have the boot script. */
  readonly mac?: MacAddress | undefined;
}
