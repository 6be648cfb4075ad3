/** What the price of the backups of a droplet depends on. */
type BackupTerms = { plan: string; dropletSize: string; dropletId: string };

/** The dimension of a backup, such as `weekly s-2vcpu-4gb of 3164494`. The provider charges for the backups of a droplet together, so it names the droplet. */
export const backupDimension = ({ plan, dropletSize, dropletId }: BackupTerms): string =>
  `${plan} ${dropletSize} of ${dropletId}`;
