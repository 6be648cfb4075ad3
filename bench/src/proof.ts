import { invoicing as contracts } from '@arcadia/contracts';
import type { Bench } from './bench.ts';
import { many, openInvoicedMonths, tenants } from './invoiced-months.ts';

const requiredMs = 1_000;

type Proof = { status: string; tenants: number; proof_id: string; detail: string | null };

export const proof: Bench = {
  name: 'proof',
  unit: 'µs per month of a tenant',
  summary: `the proof of the month of one tenant with ${many} deployments, against the required second; and of a month of ${tenants} tenants`,
  gate: { kind: 'at-most', gate: 1, aim: 0.3 },
  pairs: 7,
  async prepare(stage) {
    const { send } = await openInvoicedMonths(stage);
    const prove = async (period: string, expected: number) => {
      const started = performance.now();
      const { proof_id } = await send<Proof>(contracts.startProof, { period });
      let found = await send<Proof>(contracts.getProof, { proof_id });
      while (found.status === 'running') {
        await new Promise((resolve) => setTimeout(resolve, 5));
        found = await send<Proof>(contracts.getProof, { proof_id });
      }
      const ms = performance.now() - started;
      if (found.status !== 'proved' || found.tenants !== expected)
        throw new Error(`the proof of ${period} ${found.status}, ${found.tenants} tenants: ${found.detail}`);
      return ms;
    };
    return {
      ours: async () => ({ units: 1, ms: await prove('2026-03', 1) }),
      bare: async () => ({ units: 1, ms: requiredMs }),
      async furtherGates() {
        const ms = await prove('2026-04', tenants);
        return [
          { name: `the proof of a month of ${tenants} tenants, ms for each`, value: ms / tenants, atMost: requiredMs },
          { name: 'the same, s in all', value: ms / 1_000, atMost: Number.POSITIVE_INFINITY },
        ];
      },
    };
  },
};
