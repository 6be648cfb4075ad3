/** The nouns of the REST API, in the order in which the documentation lists them. */
export const tags = {
  me: 'The caller of the token.',
  'api-keys': 'API keys of programs: made, rotated and revoked by people.',
  approvals: 'Commands that destroy or pay and wait for a second person.',
  audit: 'The log of all commands, and the check of its chain.',
  inventory: 'Resources of the provider account, their history and their attribution to deployments.',
  projects: 'The provider’s projects and their classification: a tenant’s, internal or unclassified.',
  deployments: 'What a tenant has booked: the unit that resources, subscriptions and invoice lines belong to.',
  sagas: 'Changes at the provider that run in steps: provision, resize, suspend, resume, offboard.',
  'desired states': 'The state that a resource is expected to have; drift is measured against it.',
  drift: 'Differences between the desired and the actual state of resources.',
  usage: 'Metered usage, reported usage and the evidence behind both.',
  metering: 'Which kinds are metered, in which unit, and metering runs on demand.',
  periods: 'Billing periods (calendar months in UTC) and their closing.',
  replays: 'Checks of metering: a period derived again from the streams and compared.',
  proofs: 'Checks of invoices: every invoice of a period derived again from the streams and compared.',
  catalog: 'Plans with their versions, addons and fallback prices.',
  tenants: 'Tenants: what each owes, its statement, and how it is billed (currency, tax, address).',
  'discount-codes': 'Codes that give a discount: their limits, and their redemption by tenants.',
  quotes: 'What a plan would cost with given usage.',
  subscriptions: 'Which plan a deployment is billed by, and changes of it.',
  invoices: 'Invoices to tenants with PDF, CSV and evidence; previews, payments, credit notes, receivables.',
  'credit-notes': 'Credit notes (adjustment notes) with PDF, where they were applied, and their refunds.',
  receivables: 'The amounts due from all tenants, by currency and age.',
  alerts: 'Notices when a deployment’s usage or cost passes a threshold.',
  'webhook-endpoints': 'Addresses that events are posted to (Standard Webhooks), with their log of deliveries.',
  'webhook-deliveries': 'Single events for an endpoint: their attempts, and their replay.',
  mails: 'Mails to tenants and the operator: their attempts, and their replay.',
  'scheduled-exports': 'FOCUS datasets that are put into S3-compatible buckets by a schedule and after each close.',
  'export-runs': 'Single months of a scheduled export: their attempts and their object.',
  'mail-suppressions': 'Addresses that get no mails, because the mail server refused them for good.',
  billing: 'The provider’s invoices, their lines, matching, allocation and exchange rates.',
  reconciliation: 'The provider’s invoice compared with metered usage.',
  margin: 'Revenue minus provider cost by tenant, deployment or kind.',
  overview: 'The figures of the first page in one answer.',
  system: 'The state of the services.',
  jobs: 'Work in the background: what runs, waits, or failed for the last time.',
  'dead-letters': 'Messages and jobs that failed for the last time, to be requeued or dismissed.',
  events: 'The live feed of events.',
  health: 'Whether the gateway is up.',
  problems: 'Explanations of all problem types.',
} as const satisfies Record<string, string>;

export type Tag = keyof typeof tags;

/** The tag of a path: its first word after `/api/v1/`. */
export const tagOf = (path: string): Tag => {
  const noun = path.split('/')[3]?.replace(/\.\w+$/, '') ?? '';
  if (!Object.hasOwn(tags, noun)) throw new TypeError(`${path}: there is no tag "${noun}"; add it to tags.ts`);
  return noun as Tag;
};
