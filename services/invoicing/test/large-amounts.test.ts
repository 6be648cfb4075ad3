import { invoicing, isRefusal, metering } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

const far = '9'.repeat(30);

let at: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  at = await openStage();
});
afterAll(() => at[Symbol.asyncDispose]());

const refused = (answer: unknown) => (isRefusal(answer) ? [answer.refused, answer.detail] : ['granted', '']);

describe('invoicing: an amount too large for an invoice', () => {
  const facts = [
    fact('huge', 'huge', '2026-04-05', [{ kind: 'llm_input_tokens', qty: far }]),
    fact('usual', 'usual', '2026-04-05', [{ kind: 'llm_input_tokens', qty: '1' }]),
  ];
  const runOf = async (tenant: string) =>
    granted(await at.ask(invoicing.listInvoiceRuns, { period: '2026-04', tenant_id: tenant })).items[0];

  beforeAll(async () => {
    for (const name of ['huge', 'usual']) {
      await at.deploy(name, name);
      await at.subscribe(name, 'studio');
    }
    await at.receive(...facts);
  });

  it('a preview or a quote with an amount that is too large is refused, naming the amount', async () => {
    const [word, detail] = refused(await at.ask(invoicing.previewInvoice, { period: '2026-04' }, tenantActor('huge')));
    expect([word, detail]).toEqual([
      'amount-out-of-range',
      expect.stringContaining(`Overage llm_input_tokens: ${far}`),
    ]);
    const usage = [{ kind: 'llm_input_tokens', qty: '23000000000000000000' }];
    const quoted = refused(await at.ask(invoicing.createQuote, { plan_code: 'studio', usage }));
    expect(quoted).toEqual(['amount-out-of-range', expect.stringContaining('23000000000000000000 used')]);
  });

  it('an amount that is too large fails the run of its tenant alone, and a later success replaces the failed run', async () => {
    await publishEvent(at.nats, metering.periodClosed, closeOf('2026-04', facts));
    const failed = await eventually('the run has failed', async () => {
      const run = await runOf('huge');
      return run?.status === 'failed' ? run : null;
    });
    expect(failed.detail).toContain(`The month could not be invoiced. Overage llm_input_tokens: ${far} used`);
    expect(failed.invoice_id).toBeNull();
    expect(await at.invoices('huge')).toEqual([]);
    await eventually('the invoice of the other', async () => (await at.invoices('usual')).length === 1);
    const never = { deployment_id: deploymentId('huge'), effective_at: '2026-04-01T00:00:00Z', reason: 'a mistake' };
    granted(await at.ask(invoicing.cancelSubscription, never));
    // The job is tried again by itself.
    const run = await eventually('the run has succeeded', async () => {
      const again = await runOf('huge');
      return again?.status === 'nothing' ? again : null;
    });
    expect(run.detail).toContain('llm_input_tokens (no subscription)');
  });
});
