import { billingIngest, invoicing, type RequestOutput, refuse } from '@arcadia/contracts';
import { forService } from '@arcadia/platform';
import { startTestService } from '@arcadia/testkit';

const { defineService, answer, answerStream } = forService<unknown, object>();

/** What was asked for: the dataset, the format and the input. */
export type Asked = { file: string; period: string | undefined; tenant_id: string | undefined };

export const datasets: {
  asked: Asked[];
  chunksOf: (asked: Asked) => Iterable<Uint8Array | string> | AsyncIterable<string>;
} = {
  asked: [],
  chunksOf: () => [],
};

/** Unless a test decides otherwise, the content of a file is its name. */
export const resetDatasets = (): void => {
  datasets.asked.length = 0;
  datasets.chunksOf = ({ file, period, tenant_id }) => [`${file} of ${tenant_id ?? 'all'} in ${period}`];
};

const given = (file: string, input: { period?: string | undefined; tenant_id?: string | undefined }) => {
  const asked = { file, period: input.period, tenant_id: input.tenant_id };
  datasets.asked.push(asked);
  return Promise.resolve({ head: { media_type: 'text/plain', file_name: file }, chunks: datasets.chunksOf(asked) });
};

const accountOf = (tenant_id: string): RequestOutput<typeof invoicing.getTenant> => ({
  ...{ tenant_id, name: 'Acme', currency: 'AUD', deployments: 0, invoices: 0, overdue_invoices: 0 },
  ...{ outstanding_cents: 0, overdue_cents: 0, balance_cents: 0 },
  due_by_age: {
    ...{ not_due_cents: 0, days_1_to_30_cents: 0, days_31_to_60_cents: 0, days_61_to_90_cents: 0 },
    over_90_days_cents: 0,
  },
});

const common = { schema: null, config: () => ({}), migrations: {}, publishes: [], consumes: [], jobs: [] };

/** Starts services that answer with datasets for invoicing and billing-ingest, and know the tenant `acme` alone. */
export async function startDatasetNeighbours(nats: { url: string }) {
  const running = [
    await startTestService(
      defineService({
        ...{ ...common, name: 'invoicing' },
        answers: [
          answer(invoicing.getTenant, ({ input: { tenant_id } }) =>
            Promise.resolve(
              tenant_id === 'acme' ? accountOf(tenant_id) : refuse('not-found', `There is no tenant ${tenant_id}.`),
            ),
          ),
          answerStream(invoicing.exportFocusCharges, ({ input }) => given('charges.csv', input)),
          answerStream(invoicing.exportFocusChargesParquet, ({ input }) => given('charges.parquet', input)),
        ],
      }),
      { database: null, nats },
    ),
    await startTestService(
      defineService({
        ...{ ...common, name: 'billing-ingest' },
        answers: [
          answerStream(billingIngest.exportFocusCosts, ({ input }) => given('costs.csv', input)),
          answerStream(billingIngest.exportFocusCostsParquet, ({ input }) => given('costs.parquet', input)),
        ],
      }),
      { database: null, nats },
    ),
  ];
  return {
    [Symbol.asyncDispose]: async () => {
      for (const each of running) await each[Symbol.asyncDispose]();
    },
  };
}
