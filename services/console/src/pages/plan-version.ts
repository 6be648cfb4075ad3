import { invoicing, type RequestContract } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { comparison } from '../html/plan-tables.ts';
import { section } from '../html/table.ts';
import { type Plan, pricesHelp, termFault, termField, termFields, termsIn } from './plan-terms.ts';

/** One version of a plan: a draft is edited, published or deleted; the version on offer is retired. */
export const registerPlanVersion = (app: HttpApp): void => {
  app.get('/catalog/plans/:plan/versions/:version', (c) => versionPage(c, null));
  command(app, 'terms', async (c, values, sending) => {
    const { currency } = await c.get('api').request(invoicing.getPlanVersion, named(c));
    await c.get('api').request(invoicing.updatePlanVersion, { ...named(c), ...termsIn(values, currency) }, sending);
    return { to: at(c), text: 'The draft has these terms now.' };
  });
  command(app, 'publish', async (c, _, sending) => {
    const { name } = await c.get('api').request(invoicing.publishPlanVersion, named(c), sending);
    return {
      to: planOf(c),
      text: `Version ${versionOf(c)} of ${name} is on offer. Existing subscriptions keep theirs.`,
    };
  });
  command(app, 'retire', async (c, _, sending) => {
    const { name } = await c.get('api').request(invoicing.retirePlanVersion, named(c), sending);
    return {
      to: planOf(c),
      text: `Version ${versionOf(c)} of ${name} is no longer offered. Existing subscriptions keep it.`,
    };
  });
  command(app, 'delete', async (c, _, sending) => {
    await c.get('api').request(invoicing.deletePlanVersion, named(c), sending);
    return { to: '/catalog', text: `The draft ${versionOf(c)} is deleted.` };
  });
};

const versionOf = (c: HttpContext): string => c.req.param('version') ?? '';
const planOf = (c: HttpContext): string => `/catalog/plans/${c.req.param('plan') ?? ''}`;
const at = (c: HttpContext): string => `${planOf(c)}/versions/${versionOf(c)}`;
const named = (c: HttpContext) => ({ plan_code: c.req.param('plan') ?? '', version: Number(versionOf(c)) });

const command = (
  app: HttpApp,
  name: string,
  run: (c: HttpContext, values: Values, sending: Sending) => Promise<{ to: string; text: string }>,
): void => {
  app.post(`/catalog/plans/:plan/versions/:version/${name}`, (c) =>
    handleForm(c, {
      form: name,
      run: (values, sending) => run(c, values, sending),
      again: (attempt) => versionPage(c, attempt),
      fieldOf: termField,
      detailOf: termFault,
      fieldOfWord: { 'invalid-plan': 'items', 'unknown-kind': 'items', 'unknown-tenant': 'offered_to' },
    }),
  );
};

const versionPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const { answer: plan, version } = await c.get('api').read(invoicing.getPlanVersion, named(c));
  return show(c, {
    title: `${plan.name}, version ${plan.version}`,
    current: '/catalog',
    crumbs: [
      ['Catalog', '/catalog'],
      [plan.name, planOf(c)],
    ],
    beside: badge(plan.status),
    attempt,
    body: html`${section('Terms', comparison([plan], []))}
${section('Change', formsOf(plan, { at: at(c), version, attempt }))}`,
  });
};

const formsOf = (
  plan: Plan,
  { at, version, attempt }: { at: string; version: string | null; attempt: Attempt | null },
): Html => {
  const lone = (
    name: string,
    sends: RequestContract,
    words: { summary: string; submit: string; explanation: string; isDangerous?: boolean },
  ): Html =>
    disclosedForm(
      words.summary,
      {
        ...{ name, sends, version, attempt, fields: [], action: `${at}/${name}`, submit: words.submit },
        isDangerous: words.isDangerous === true,
      },
      html`<p>${words.explanation}</p>`,
    );
  if (plan.status === 'active')
    return lone('retire', invoicing.retirePlanVersion, {
      summary: 'Retire it',
      submit: 'Retire this version',
      explanation:
        'The plan is not offered any more, unless another version is published. Existing subscriptions keep it.',
    });
  if (plan.status !== 'draft') return none;
  return html`${disclosedForm('Change the terms', { name: 'terms', sends: invoicing.updatePlanVersion, action: `${at}/terms`, version, attempt, submit: 'Save the draft', fields: termFields(plan) }, pricesHelp())}${lone('publish', invoicing.publishPlanVersion, { summary: 'Put it on offer', submit: `Publish version ${plan.version}`, explanation: 'It replaces the version that is on offer. Its terms never change from then on.' })}${lone('delete', invoicing.deletePlanVersion, { summary: 'Delete the draft', submit: 'Delete the draft', explanation: 'It cannot be undone.', isDangerous: true })}`;
};
