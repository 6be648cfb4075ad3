/** The provider bills a month as 672 hours: its hourly prices are a monthly price / 672, and more hours cost nothing more. */
export const cappedHours = 672;

/** Share of its droplet's price that the provider takes for weekly backups; daily ones cost 0.3. */
export const backupShare = '0.2';
