import type { ProviderImage, ProviderSize } from '../domain/sagas/droplet-problems.ts';

/** The requests to the provider that sagas need, in our own words. Ids are the provider's, as text. */

/** The provider accepted a request, but did not carry it out or did not list everything, for a reason that may pass. */
export class NotYet extends Error {
  override name = 'NotYet';
}

export type ProviderDroplet = {
  id: string;
  name: string;
  /** As the provider names it: new, active, off or archive. */
  status: string;
  isLocked: boolean;
  region: string;
  sizeSlug: string;
  diskGb: number;
  tags: readonly string[];
  createdAt: string;
};

export type ProviderAction = {
  id: string;
  type: string;
  status: 'in-progress' | 'completed' | 'errored';
};

export type NewDroplet = {
  name: string;
  region: string;
  size: string;
  image: string;
  tags: readonly string[];
  sshKeys: readonly (string | number)[];
  userData: string | undefined;
  vpcUuid: string | undefined;
  monitoring: boolean;
  ipv6: boolean;
};

export type DropletCommand =
  | { type: 'power_on' }
  | { type: 'shutdown' }
  | { type: 'power_off' }
  | { type: 'resize'; size: string; disk: boolean }
  | { type: 'snapshot'; name: string };

/** The resources that are associated with a droplet and outlive it, by id. */
export type Associated = {
  volumes: readonly string[];
  snapshots: readonly string[];
  volumeSnapshots: readonly string[];
  reservedIps: readonly string[];
};

export type Provider = {
  /** False: only GET requests are sent; any other request fails before it is sent. */
  readonly canWrite: boolean;
  sizes(): Promise<readonly ProviderSize[]>;
  regions(): Promise<readonly string[]>;
  /** Finds an image by slug or number; null when there is none. */
  image(image: string): Promise<ProviderImage | null>;
  /** The slugs of the provider's own images. */
  publicImages(): Promise<readonly string[]>;
  droplet(id: string): Promise<ProviderDroplet | null>;
  dropletsTagged(tag: string): Promise<readonly ProviderDroplet[]>;
  /** The ids of the droplets in the provider's default project. */
  dropletsInDefaultProject(): Promise<readonly string[]>;
  /** Not idempotent: find the droplet by its tag before and after. */
  createDroplet(droplet: NewDroplet): Promise<ProviderDroplet>;
  /** Succeeds also when it does not exist any more. */
  deleteDroplet(id: string): Promise<void>;
  /** The latest actions of a droplet. */
  dropletActions(id: string): Promise<readonly ProviderAction[]>;
  startDropletAction(id: string, command: DropletCommand): Promise<ProviderAction>;
  dropletAction(dropletId: string, actionId: string): Promise<ProviderAction>;
  dropletSnapshots(id: string): Promise<readonly { id: string; name: string }[]>;
  /** Succeeds also when it does not exist any more. */
  deleteSnapshot(id: string): Promise<void>;
  associatedWith(id: string): Promise<Associated>;
  /** Deletes a droplet together with exactly these of its associated resources. */
  deleteDropletWith(id: string, selection: Associated): Promise<void>;
  /** The progress of such a deletion; null when the provider has none on record. */
  deletionStatus(id: string): Promise<{ isComplete: boolean; failures: number } | null>;
  /** Assigns a droplet to a project; throws `NotYet` when the provider reports that it did not. */
  assignToProject(projectId: string, dropletId: string): Promise<void>;
  tagDroplet(dropletId: string, tag: string): Promise<void>;
};
