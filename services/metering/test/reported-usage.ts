import { metering } from '@arcadia/contracts';
import { askService } from '@arcadia/testkit';
import { deploymentId, granted, operator, type stage } from './stage.ts';

export type Stage = Awaited<ReturnType<typeof stage>>;

/** A report of usage with the fields that matter to a test. */
export const report = (fields: Partial<metering.UsageReport>): metering.UsageReport => ({
  source: '/llm',
  id: 'r1',
  form: 'usage',
  subject: null,
  deployment_id: deploymentId('shop'),
  kind: 'llm_input_tokens',
  time: '2026-04-10T12:00:00Z',
  quantity: '1000',
  ...fields,
});

export const ingest = async (on: Stage, reports: metering.UsageReport[], actor = operator) =>
  granted(await askService(on.nats, metering.ingestUsage, { reports }, { actor }));

/** The sums that the list of usage shows. */
export const quantityOf = async (on: Stage, input: Parameters<typeof askService<typeof metering.listUsage>>[2]) =>
  granted(await askService(on.nats, metering.listUsage, input, { actor: operator })).items.map(
    ({ kind, quantity, is_live }) => ({
      kind,
      quantity,
      is_live,
    }),
  );
