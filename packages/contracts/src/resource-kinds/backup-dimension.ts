/** What the price of the backups of a droplet depends on. */
export type BackupTerms = { plan: string; dropletSize: string; dropletId: string };

/** The dimension of a backup, such as `weekly s-2vcpu-4gb of 3164494`. The provider charges for the backups of a droplet together, so it names the droplet. */
export const backupDimension = ({ plan, dropletSize, dropletId }: BackupTerms): string =>
  `${plan} ${dropletSize} of ${dropletId}`;

/** Reads the dimension of a backup; null if the text is of another form. */
export function parseBackupDimension(text: string): BackupTerms | null {
  const [plan, dropletSize, of, dropletId, ...more] = text.split(' ');
  if (plan === undefined || dropletSize === undefined || dropletId === undefined) return null;
  return of === 'of' && more.length === 0 ? { plan, dropletSize, dropletId } : null;
}
