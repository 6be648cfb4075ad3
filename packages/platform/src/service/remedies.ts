/**
 * What to do about each fact of a service's health that needs attention: by its name, or by what its name begins with. A test compares
 * the list with docs/operations.md.
 */
export const remedies: Readonly<Record<string, string>> = {
  nats: 'Start nats-server, or restore the network to it. Writes continue, and the outbox drains afterwards.',
  postgres: 'Start Postgres, or restore the network to it, and look at its disk and its log.',
  relay:
    'Look at `the last attempt failed`: NATS is away, or its disk is full. Without a leader, start a replica again.',
  consumer: 'Look at the dead letters and at the log of the service; add replicas if it only cannot keep up.',
  jobs: 'Run `npm run arcadia -- dead-letters list`; correct the cause, then `dead-letters requeue NUMBER`. A waiting run goes on by itself once its reason passes.',
  'job queues':
    'Add replicas of the service if it only cannot keep up; otherwise look at its log for the job that takes so long.',
  'dead letters':
    'Run `npm run arcadia -- dead-letters list`; correct the cause, then `dead-letters requeue NUMBER`, or `dismiss` it.',
  schedule: 'Start a replica of the service again; missed ticks are caught up.',
  database: 'Start the service again: it restores its database from the streams before anything else runs.',
  clock: 'Correct the time service of the host.',
  'sync of':
    'Read the detail. A parked sweep waits for a person: `GET /api/v1/inventory/sync`, then confirm it. A failed one is repeated by itself.',
  sweeps:
    'Look at the facts `sync of …`: the provider, its token or the request budget keeps the listings from their end.',
  'request budget':
    'Nothing, if the time passes. Otherwise give the services a token of their own, or list less often.',
  token: 'Set the variable that the detail names, and start the service again.',
  period:
    'Look at `GET /api/v1/periods/{period}`: it names what is missing. Closing with `accept_missing` closes anyway.',
  reconciliation:
    'Look at the bill with `GET /api/v1/billing/invoices/{invoice_uuid}`: have it read again with `POST …/reingest`, or accept its difference with `POST …/accept`.',
  usage: 'Look at the fact `jobs` and at the log of metering; `POST /api/v1/metering/runs` meters a day again.',
  streams: 'Look at the log of the installer: NATS is away, or refuses a stream with this configuration.',
  'invoice runs':
    'Look at `GET /api/v1/invoices/runs?status=waiting`: pin the exchange rate, or settle the bill, that the run waits for; a bill that never comes is left out by `POST /api/v1/invoices/runs` with `without_bill`.',
  'provider-invoices':
    'Look at the log of billing-ingest; the discovery is repeated daily, or at once with `POST /api/v1/billing/invoices/discover`.',
  receivables:
    'Look at the log of invoicing and at the finance system; documents that it did not accept are pushed again.',
  mail: 'Look at the mail server and at `SMTP_URL`. Mails wait and are sent once it answers.',
  exports:
    'Look at `GET /api/v1/scheduled-exports/{export_id}/runs`: `last_attempt` has the reason. Its owner mends the bucket or its key; an export that is not needed is paused or deleted.',
  start: 'Look at the log of the service: it names what it waits for.',
  http: 'Free the address, or set another, and start the gateway again.',
};

/** What to do about a fact; a fact that is not listed is explained by its detail alone. */
export function remedyOf(fact: string): string | null {
  const known = Object.keys(remedies).find((name) => fact === name || fact.startsWith(`${name} `));
  return known === undefined ? null : (remedies[known] ?? null);
}
