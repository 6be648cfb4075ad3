import { provisioning } from '@arcadia/contracts';
import { entered, handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { emptyList, filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import type { Deployment } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { filled } from './invoices.ts';
import { listAside } from './list-files.ts';

/** States of a deployment with their words. */
export const deploymentStates = ['trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived'].map(
  (state) => [state, inWords(state)] as const,
);

export const registerDeployments = (app: HttpApp): void => {
  app.get('/deployments', (c) => deploymentsPage(c, null));
  app.post('/deployments', (c) =>
    handleForm(c, {
      form: 'deployment',
      run: async (values, sending) => {
        const { tags, ...given } = entered(values);
        const { slug = '', display_name, region, tenant_id } = given;
        const input = {
          slug,
          ...filled({ display_name, region, tenant_id }),
          ...(tags === undefined ? {} : { tag_bindings: tags.split(/[\s,]+/) }),
        };
        const made = await c.get('api').request(provisioning.createDeployment, input, sending);
        return {
          to: `/deployments/${made.deployment_id}`,
          text: `The deployment ${made.display_name} is created. Choose a plan, so that it is billed.`,
        };
      },
      again: (attempt) => deploymentsPage(c, attempt),
      fieldOf: (pointer) => (pointer.startsWith('/tag_bindings') ? 'tags' : (pointer.split('/')[1] ?? '')),
    }),
  );
};

const deploymentsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const isOperator = c.get('session').person.tenantId === null;
  const page = await readList(c, '/deployments', { limit: 100 });
  return show(c, {
    title: 'Deployments',
    live: ['deployment.changed'],
    current: '/deployments',
    attempt,
    body: html`${filters('/deployments', [{ name: 'q', label: 'Name', placeholder: 'shop' }, ...(isOperator ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []), { name: 'state', label: 'State', choices: deploymentStates }], query)}
${section(query['sort'] ? 'As sorted' : 'By short name', html`${listOf(page.items, { isOperator, query })}${pager('/deployments', query, page.next_cursor)}`, { aside: listAside('/deployments', query, page) })}
${newDeploymentForm({ isOperator, tenant: query['tenant'] ?? '' }, attempt)}`,
  });
};

const newDeploymentForm = (
  { isOperator, tenant }: { isOperator: boolean; tenant: string },
  attempt: Attempt | null,
): Html =>
  disclosedForm('Create a deployment', {
    name: 'deployment',
    sends: provisioning.createDeployment,
    action: '/deployments',
    attempt,
    submit: 'Create the deployment',
    fields: [
      ...(isOperator ? [{ name: 'tenant_id', label: 'Tenant', hint: 'Its id.', value: tenant, isRequired: true }] : []),
      {
        name: 'slug',
        label: 'Short name',
        hint: 'Lower-case letters, digits and -, such as my-app. No other deployment has it.',
        isRequired: true,
      },
      { name: 'display_name', label: 'Name', hint: 'Empty: the short name.' },
      { name: 'region', label: 'Region', hint: 'The provider’s name, such as syd1. Empty: none in particular.' },
      ...(isOperator
        ? [{ name: 'tags', label: 'Tags', hint: 'Resources with one of these tags at the provider belong to it.' }]
        : []),
    ],
  });

const listOf = (
  items: readonly Deployment[],
  { isOperator, query }: { isOperator: boolean; query: Readonly<Record<string, string>> },
): Html =>
  table({
    sorting: { path: '/deployments', query },
    caption: 'Deployments by short name',
    empty: emptyList(query, {
      filtered: 'No deployment matches these filters.',
      unfiltered: `There is no deployment yet.${maySend(provisioning.createDeployment) ? ' Create the first one below.' : ''}`,
    }),
    rows: items,
    columns: [
      {
        head: 'Deployment',
        isName: true,
        sort: 'display_name',
        cell: (row) =>
          html`<a href="/deployments/${row.deployment_id}">${row.display_name}</a><small>${row.slug}</small>`,
      },
      ...(isOperator ? [{ head: 'Tenant', cell: ({ tenant_id }: Deployment) => tenantLink(tenant_id) }] : []),
      { head: 'State', cell: ({ state }) => badge(state) },
      { head: 'Region', cell: ({ region }) => region ?? '' },
      { head: 'Since', sort: 'created_at', cell: ({ created_at }) => time(created_at) },
    ],
  });
