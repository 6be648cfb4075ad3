import { invoicing, type RequestContract } from '@arcadia/contracts';
import { type Answer, type Answered, answer, type CommandAsked, type ReadAsked, type Tx } from '@arcadia/platform';
import {
  attachAddon,
  cancelSubscription,
  changePlan,
  detachAddon,
  endTrial,
  pauseSubscription,
  resumeSubscription,
} from './change-subscription.ts';
import type { InvoicingConfig } from './config.ts';
import type { Context } from './know-deployment.ts';
import { getInvoice, listInvoices } from './show-invoices.ts';
import type { Schema } from './store/schema.ts';
import { subscribe } from './subscribe.ts';

type Own = Answer<Schema, InvoicingConfig>;

const command = <Contract extends RequestContract>(
  contract: Contract,
  run: (tx: Tx<Schema>, ctx: Context, asked: CommandAsked<Contract, Schema>) => Answered<Contract>,
): Own => answer<Contract, Schema, InvoicingConfig>(contract, (asked, ctx) => run(asked.tx, ctx, asked));

const read = <Contract extends RequestContract>(
  contract: Contract,
  run: (ctx: Context, asked: ReadAsked<Contract>) => Answered<Contract>,
): Own =>
  answer<Contract, Schema, InvoicingConfig>(contract, (asked: ReadAsked<Contract>, ctx: Context) => run(ctx, asked));

export const answers: Own[] = [
  command(invoicing.subscribe, subscribe),
  command(invoicing.changePlan, changePlan),
  command(invoicing.cancelSubscription, cancelSubscription),
  command(invoicing.pauseSubscription, pauseSubscription),
  command(invoicing.resumeSubscription, resumeSubscription),
  command(invoicing.endTrial, endTrial),
  command(invoicing.attachAddon, attachAddon),
  command(invoicing.detachAddon, detachAddon),
  read(invoicing.listInvoices, listInvoices),
  read(invoicing.getInvoice, getInvoice),
];
