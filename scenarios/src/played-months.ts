import { type Api, readMonth } from '@arcadia/app';
import { addMonths, billingIngest, invoicing, metering, periodOf } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import { eventually } from '@arcadia/testkit';
import { differences } from './compare.ts';

/** The months of a world that are closed when it has been played. */
export const monthsOf = ({ period, ends_at }: World): string[] => {
  const end = periodOf(Temporal.Instant.from(ends_at));
  const months: string[] = [];
  for (let month = period; month < end; month = addMonths(month, 1)) months.push(month);
  return months;
};

const patience = { timeoutMs: 60_000, everyMs: 50 };

/**
 * Everything that is wrong with a played month, each in a sentence: usage and invoices that differ from the independent
 * calculator, a proof or a replay with differences, and a provider invoice that its bearers do not bear to the cent.
 */
export const faultsOfMonth = async (world: World, period: string, api: Api): Promise<string[]> => [
  ...differences(world, await readMonth(api, period), period),
  ...(await proofFaults(period, api)),
  ...(await replayFaults(period, api)),
  ...(await billFaults(period, api)),
];

export const proofFaults = async (period: string, api: Api): Promise<string[]> => {
  const { proof_id } = await api.request(invoicing.startProof, { period });
  const ended = await eventually(
    `the proof of ${period} ends`,
    async () => {
      const proof = await api.request(invoicing.getProof, { proof_id });
      return proof.status === 'running' ? null : proof;
    },
    patience,
  );
  if (ended.status === 'proved') return [];
  const proofs = await api.list(invoicing.listInvoiceProofs, { proof_id });
  return [`its proof is ${ended.status}`, ...proofs.flatMap(({ differences: found }) => found.slice(0, 5))];
};

export const replayFaults = async (period: string, api: Api): Promise<string[]> => {
  const { replay_id } = await api.request(metering.startReplay, { period });
  const ended = await eventually(
    `the replay of ${period} ends`,
    async () => {
      const replay = await api.request(metering.getReplay, { replay_id });
      return replay.status === 'running' ? null : replay;
    },
    patience,
  );
  return ended.status === 'agrees' ? [] : [`its replay is ${ended.status}: ${ended.differing} lines differ`];
};

/** Every cent of the provider's invoice is borne by someone, and none twice. */
const billFaults = async (period: string, api: Api): Promise<string[]> => {
  const invoices = await api.list(billingIngest.listProviderInvoices, {});
  const billed = invoices.filter((invoice) => invoice.period === period);
  if (billed.length === 0) return ['it has no provider invoice'];
  const total = billed.reduce((sum, { totals }) => sum + (totals.header_minor ?? 0), 0);
  const { items, totals } = await api.request(invoicing.getMargin, { period, group_by: 'tenant' });
  const borne = items.reduce((sum, { cost_provider_cents }) => sum + (cost_provider_cents ?? 0), 0);
  return [
    ...(borne === total ? [] : [`the provider billed ${total} cents; ${borne} are borne`]),
    ...(totals.margin_cents === null ? ['its margin is not known'] : []),
  ];
};
