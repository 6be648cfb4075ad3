/** A bug to plant, and the suites of which one must fail with it. */
export type PlantedBug = {
  name: string;
  file: string;
  /** Text that occurs exactly once in the file. */
  from: string;
  to: string;
  project: 'unit' | 'service';
  suites: readonly string[];
};

/** The text of the file with the bug in it. @throws if the place is not there exactly once */
export const withBug = ({ name, file, from, to }: PlantedBug, text: string): string => {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(`"${name}" occurs ${parts.length - 1} times in ${file}; bring the list up to date.`);
  return parts.join(to);
};

const invoicing = 'services/invoicing';
const metering = 'services/metering';
const platform = 'packages/platform';
const platformTests = 'packages/platform-tests/test';

/** Bugs of the kinds that cost a billing system money, its messages or its customers' trust. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'messages are acknowledged before the commit',
    file: `${platform}/src/consumers/consumer-runner.ts`,
    from: '      const done = await handleOnce(work, incoming, state);',
    to: '      await acknowledge(bus, messages, () => state.stopped);\n      const done = await handleOnce(work, incoming, state);',
    project: 'service',
    suites: [`${platformTests}/killed.test.ts`],
  },
  {
    name: 'an older version replaces a newer one',
    file: `${platform}/src/postgres/upsert-newest.ts`,
    from: "    WHERE (${list(table.newest, `${table.name}.`)}) < (${list(table.newest, 'excluded.')})",
    to: '    WHERE true',
    project: 'service',
    suites: [`${platformTests}/upsert-newest.test.ts`],
  },
  {
    name: 'an idempotency key answers another request',
    file: `${platform}/src/requests/command.ts`,
    from: '  if (row.fingerprint !== fingerprint) return { response: reused(key) };\n',
    to: '',
    project: 'service',
    suites: [`${platformTests}/requests.test.ts`],
  },
  {
    name: 'a job is claimed while another worker holds its lease',
    file: `${platform}/src/jobs/job-runs.ts`,
    from: "r.state = 'running' AND r.lease_until < clock_timestamp() AND",
    to: "r.state = 'running' AND",
    project: 'service',
    suites: [`${platformTests}/jobs.test.ts`, `${platformTests}/shared-queue.test.ts`],
  },
  {
    name: 'a loss that the relay found is not recorded',
    file: `${platform}/src/outbox/outbox-session.ts`,
    from: 'lost_after = coalesce(acknowledged.lost_after, excluded.lost_after)',
    to: 'lost_after = acknowledged.lost_after',
    project: 'service',
    suites: [`${platformTests}/lost-streams.test.ts`, `${platformTests}/rollback.test.ts`],
  },
  {
    name: 'a signature does not cover the body',
    file: `${platform}/src/requests/request-signature.ts`,
    from: '.update(covered);',
    to: ".update(covered.toString().split('\\n', 2).join('\\n'));",
    project: 'unit',
    suites: [`${platform}/src/requests`],
  },
  {
    name: 'a half cent is rounded to the even cent',
    file: `${invoicing}/src/domain/rating/fraction.ts`,
    from: "(rounding === 'half_up' || !whole.mod(2).isZero())",
    to: '!whole.mod(2).isZero()',
    project: 'unit',
    suites: [`${invoicing}/src/domain/rating`],
  },
  {
    name: 'a remainder of a cent goes to the smallest share',
    file: 'packages/contracts/src/money.ts',
    from: 'a.remainder > b.remainder ? -1 : 1',
    to: 'a.remainder > b.remainder ? 1 : -1',
    project: 'unit',
    suites: ['packages/contracts/src/money.test.ts'],
  },
  {
    name: 'every currency has two decimals',
    file: 'packages/contracts/src/money.ts',
    from: 'exponents.get(currency) ?? 2',
    to: 'exponents.get(currency.toLowerCase()) ?? 2',
    project: 'unit',
    suites: ['packages/contracts/src/money.test.ts', `${invoicing}/src/domain`],
  },
  {
    name: 'inclusive tax is computed as if it were on top',
    file: `${invoicing}/src/domain/rating/tax.ts`,
    from: 'policy.is_inclusive ? { num: rate.num, den: plus(rate, fraction(1)).num } : rate',
    to: 'rate',
    project: 'unit',
    suites: [`${invoicing}/src/domain/rating`],
  },
  {
    name: 'amounts are discounted before percentages',
    file: `${invoicing}/src/domain/rating/discount-lines.ts`,
    from: 'Number(a.percent === undefined) - Number(b.percent === undefined)',
    to: 'Number(b.percent === undefined) - Number(a.percent === undefined)',
    project: 'unit',
    suites: [`${invoicing}/src/domain/rating`],
  },
  {
    name: 'the hash of a fact leaves its dimension out',
    file: 'packages/contracts/src/metering/facts.ts',
    from: '        ...(line.dimension === undefined ? [] : [line.dimension]),\n',
    to: '',
    project: 'unit',
    suites: ['packages/contracts/src/metering'],
  },
  {
    name: 'usage at midnight counts on both days',
    file: `${metering}/src/store/days/lines.ts`,
    from: 'u.time >= w.starts_at AND u.time < w.ends_at',
    to: 'u.time >= w.starts_at AND u.time <= w.ends_at',
    project: 'service',
    suites: [`${metering}/test/usage-at-boundaries.test.ts`],
  },
  {
    name: 'of two observations of an instant the older one counts',
    file: `${metering}/src/store/observations/derive-states.ts`,
    from: 'ORDER BY o.resource_id, o.effective_at, o.revision DESC',
    to: 'ORDER BY o.resource_id, o.effective_at, o.revision',
    project: 'service',
    suites: [`${metering}/test/properties.test.ts`, `${metering}/test/meter-day.test.ts`],
  },
  {
    name: 'the last hour of a day is not metered',
    file: `${metering}/src/domain/days/windows.ts`,
    from: 'Temporal.Instant.compare(end, until) <= 0',
    to: 'Temporal.Instant.compare(end, until) < 0',
    project: 'unit',
    suites: [`${metering}/src/domain`],
  },
  {
    name: 'a close does not count the facts made for it',
    file: `${invoicing}/src/store/usage/usage-facts.ts`,
    from: 'sql`f.close_revision <= ${closeRevision} AND (f.superseded_at',
    to: 'sql`f.close_revision < ${closeRevision} AND (f.superseded_at',
    project: 'service',
    suites: [`${invoicing}/test/invoice-month.test.ts`],
  },
  {
    name: 'invoice numbers have gaps',
    file: `${invoicing}/src/store/invoices/invoices.ts`,
    from: 'UPDATE number_series SET last_number = last_number + 1',
    to: 'UPDATE number_series SET last_number = last_number + 2',
    project: 'service',
    suites: [`${invoicing}/test/invoice-month.test.ts`],
  },
  {
    name: 'a tenant reads the invoices of another',
    file: `${invoicing}/src/store/invoices/invoices.ts`,
    from: "  if (wanted.tenantId !== null) query = query.where('tenant_id', '=', wanted.tenantId);\n",
    to: '',
    project: 'service',
    suites: [`${invoicing}/test/invoice-month.test.ts`],
  },
  {
    name: 'a person approves their own command',
    file: 'services/gateway/src/approvals/decide-approvals.ts',
    from: 'if ((await personsBehind(tx.sql, row.actor)).includes(actor.subject))',
    to: 'if (row.actor.subject === null)',
    project: 'service',
    suites: ['services/gateway/test/approvals.test.ts'],
  },
  {
    name: 'tokens that ended long ago are accepted',
    file: 'services/gateway/src/middleware/authenticate.ts',
    from: 'clockTolerance: 5,',
    to: 'clockTolerance: 86_400 * 365,',
    project: 'service',
    suites: ['services/gateway/test/tokens.test.ts'],
  },
  {
    name: 'a worker that lost the lease of a saga settles its turn',
    file: 'services/provisioning/src/sagas/settle-saga-turn.ts',
    from: 'if (saga === null || saga.lease_token !== turn.token) return null;',
    to: 'if (saga === null) return null;',
    project: 'service',
    suites: ['services/provisioning/test/lost-lease.test.ts'],
  },
  {
    name: 'a saga that destroyed something rolls back',
    file: 'services/provisioning/src/domain/sagas/saga.ts',
    from: 'if (destroyed.length > 0) {',
    to: 'if (destroyed.length > 1_000) {',
    project: 'unit',
    suites: ['services/provisioning/src/domain/sagas'],
  },
  {
    name: 'drift is found in what was observed before a change',
    file: 'services/drift/src/store/comparison.ts',
    from: 'greatest(live.observed_at, sweeps.started_at) > desired.restored_at',
    to: 'greatest(live.observed_at, sweeps.started_at) IS NOT NULL',
    project: 'service',
    suites: ['services/drift/test/races.test.ts', 'services/drift/test/drift.test.ts'],
  },
];
