/**
 * The provider bills a month as 672 hours: its hourly prices are a monthly price / 672, and more hours cost nothing more. Source:
 * `price_hourly` of `/v2/sizes`, and published invoices with 744 hours at the monthly price.
 */
export const cappedHours = 672;

/**
 * Share of its droplet's price that the provider takes for weekly backups. Source: a published invoice, with 2.40 for five backups of a
 * droplet of 12.00. Not verified: daily backups may cost 0.3, and are expected to cost as much as weekly ones here; a price by
 * gigabyte, which newer accounts may have, is not known.
 */
export const backupShare = '0.2';
