import type { ProviderImage, ProviderSize } from '../domain/provision-check.ts';

/** The provider as the sagas see it: few calls, our own words. Ids are the provider's, as text. */

export type ProviderDroplet = {
  id: string;
  name: string;
  /** The provider's word: new, active, off or archive. */
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

/** What hangs on a droplet and would outlive it, by id. */
export type Associated = {
  volumes: readonly string[];
  snapshots: readonly string[];
  volumeSnapshots: readonly string[];
  reservedIps: readonly string[];
};

export type Provider = {
  /** False: only looking is allowed, and whatever would change something is refused before it leaves. */
  readonly canWrite: boolean;
  sizes(): Promise<readonly ProviderSize[]>;
  regions(): Promise<readonly string[]>;
  /** By slug or number; null when there is none. */
  image(image: string): Promise<ProviderImage | null>;
  droplet(id: string): Promise<ProviderDroplet | null>;
  dropletsTagged(tag: string): Promise<readonly ProviderDroplet[]>;
  /** Not idempotent: find by tag before and after. */
  createDroplet(droplet: NewDroplet): Promise<ProviderDroplet>;
  /** Gone already counts as deleted. */
  deleteDroplet(id: string): Promise<void>;
  /** The latest actions of a droplet. */
  dropletActions(id: string): Promise<readonly ProviderAction[]>;
  startDropletAction(id: string, command: DropletCommand): Promise<ProviderAction>;
  dropletAction(dropletId: string, actionId: string): Promise<ProviderAction>;
  dropletSnapshots(id: string): Promise<readonly { id: string; name: string }[]>;
  /** Gone already counts as deleted. */
  deleteSnapshot(id: string): Promise<void>;
  associatedWith(id: string): Promise<Associated>;
  /** Deletes a droplet together with exactly these, all of which hang on it. */
  deleteDropletWith(id: string, selection: Associated): Promise<void>;
  /** How such a deletion stands; null when the provider knows of none. */
  deletionStatus(id: string): Promise<{ isComplete: boolean; failures: number } | null>;
  /** Puts the droplet in a project; throws when the provider says that it did not. */
  assignToProject(projectId: string, dropletId: string): Promise<void>;
  tagDroplet(dropletId: string, tag: string): Promise<void>;
};
