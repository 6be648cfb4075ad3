import { invoicing as contracts, isRefusal, serviceActor } from '@arcadia/contracts';
import { sendStreamRequest } from '@arcadia/platform';
import { drawLines } from './bare/drawn-lines.ts';
import type { Bench } from './bench.ts';
import { many, openInvoicedMonths } from './invoiced-months.ts';

const actor = serviceActor('bench');
const documents = 20;

export const pdf: Bench = {
  name: 'pdf',
  unit: 'µs per document',
  summary: `the PDF of an invoice with ${many} deployments, over request/reply, drawn from its rows, against its lines drawn by pdfkit without any layout`,
  gate: { kind: 'at-most', gate: 8, aim: 6 },
  pairs: 5,
  async prepare(stage) {
    const { running, send } = await openInvoicedMonths(stage);
    const { items } = await send<{ items: { invoice_id: string }[] }>(contracts.listInvoices, { tenant_id: 'single' });
    const invoice_id = items[0]?.invoice_id ?? '';
    const { lines } = await send<{
      lines: Record<'description' | 'qty' | 'unit_price_cents' | 'amount_cents', unknown>[];
    }>(contracts.getInvoice, { invoice_id });
    const cells = lines.map((line) =>
      [line.description, line.qty, line.unit_price_cents, line.amount_cents].map((cell) => String(cell ?? '')),
    );
    const sizes = { ours: 0, bare: 0 };
    const drawn = async (): Promise<Buffer> => {
      const answer = await sendStreamRequest(
        running.bus,
        contracts.getInvoicePdf,
        { invoice_id },
        { actor, deadlineMs: 60_000 },
      );
      if (isRefusal(answer)) throw new Error(answer.detail);
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.chunks) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const side = (name: keyof typeof sizes, draw: () => Promise<Buffer>) => async () => {
      const started = performance.now();
      for (let turn = 0; turn < documents; turn += 1) {
        const file = await draw();
        if (file.subarray(0, 5).toString() !== '%PDF-') throw new Error(`${name}: this is no PDF`);
        sizes[name] = file.length;
      }
      return { units: documents, ms: performance.now() - started };
    };
    return {
      ours: side('ours', drawn),
      bare: side('bare', () => drawLines(cells)),
      async check() {
        const [first, second] = [await drawn(), await drawn()];
        if (!first.equals(second)) throw new Error('two drawings of one invoice differ');
      },
      notes: async () => ({ lines: cells.length, 'bytes of ours': sizes.ours, 'bytes of the bare side': sizes.bare }),
    };
  },
};
