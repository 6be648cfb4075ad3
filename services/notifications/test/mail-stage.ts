import { invoicing, notifications } from '@arcadia/contracts';
import { type SmtpSecurity, startSmtpServer } from '@arcadia/mailbox-stand-in';
import { armFailpoints } from '@arcadia/platform';
import { eventually, publishEvent } from '@arcadia/testkit';
import { invoicingState, startInvoicingNeighbour } from './invoicing-neighbour.ts';
import { issued, openStage, profile } from './stage.ts';

/** The notifications service with a mail server that misbehaves on request, and a neighbour that answers for invoicing. */
export async function openMailStage({
  security = { encryption: 'none' },
  env = () => ({}),
}: {
  security?: SmtpSecurity;
  env?: (url: string) => Record<string, string>;
} = {}) {
  const server = await startSmtpServer({ security });
  const stage = await openStage({
    SMTP_URL: server.url,
    MAIL_FROM: 'Arcadia Cloud <billing@arcadia.example>',
    MAIL_OPERATOR_RECIPIENTS: 'ops@arcadia.example',
    SMTP_TIMEOUT_MS: '500',
    MAIL_ATTACHMENT_KB: '100',
    MAIL_LINK_URL: 'https://console.example',
    ...env(server.url),
  });
  const neighbour = await startInvoicingNeighbour(stage.nats);
  let number = 100;
  const next = (): number => {
    number += 1;
    return number;
  };
  const mailsOf = async (tenant_id: string) =>
    (await stage.get(notifications.listMails, { tenant_id, limit: 200 })).items;
  return {
    stage,
    server,
    /** A number that no invoice has yet. */
    next,
    /** A tenant of its own with these recipients, and the event that an invoice of it was issued. */
    async invoiced(recipients: string[], given: { language?: 'en' | 'de'; name?: string } = {}) {
      const own = next();
      const tenant_id = `tenant-${own}`;
      await publishEvent(stage.nats, invoicing.billingProfileChanged, profile(tenant_id, recipients, given));
      const event = issued(own, { tenant_id });
      await publishEvent(stage.nats, invoicing.invoiceIssued, event, { occurredAt: stage.clock.now() });
      return { tenant_id, event, number: own };
    },
    mailsOf,
    /** Waits until every mail of a tenant was attempted this often, or needs no more attempts. */
    attempted: (tenant_id: string, attempts = 1, least = 1) =>
      eventually(`attempt ${attempts} is recorded`, async () => {
        const mails = await mailsOf(tenant_id);
        const isDone = mails.every((mail) => mail.attempts >= attempts || mail.status !== 'pending');
        return mails.length >= least && isDone ? mails : null;
      }),
    async passed(seconds: number) {
      stage.clock.advance({ seconds });
      await stage.running.runJob('deliver-mails', stage.clock.now());
    },
    /** Ends what a test has changed. */
    async reset() {
      armFailpoints('');
      server.behave(null);
      Object.assign(invoicingState, { amountDueCents: 7064, status: 'issued', pdfBytes: 2_000 });
      await stage.running.settled();
      server.received.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      await neighbour[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

export type MailStage = Awaited<ReturnType<typeof openMailStage>>;
