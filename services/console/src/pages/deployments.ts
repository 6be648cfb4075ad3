import { provisioning } from '@arcadia/contracts';
import type { HttpApp } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import type { Deployment } from '../names-of.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { filled } from './invoices.ts';

/** States of a deployment with their words. */
export const deploymentStates = ['trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived'].map(
  (state) => [state, inWords(state)] as const,
);

export const registerDeployments = (app: HttpApp): void => {
  app.get('/deployments', async (c) => {
    const query = c.req.query();
    const isOperator = c.get('session').person.tenantId === null;
    const { tenant, state, cursor } = query;
    const page = await c.get('api').request(provisioning.listDeployments, {
      ...filled({ tenant: tenant?.trim(), state, cursor }),
      limit: 100,
    } as never);
    return show(c, {
      title: 'Deployments',
      current: '/deployments',
      body: html`${filters('/deployments', [...(isOperator ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []), { name: 'state', label: 'State', choices: deploymentStates }], query)}
${section('By short name', html`${listOf(page.items, isOperator)}${pager('/deployments', query, page.next_cursor)}`)}`,
    });
  });
};

const listOf = (items: readonly Deployment[], isOperator: boolean): Html =>
  table({
    caption: 'Deployments by short name',
    empty: 'No deployment matches.',
    rows: items,
    columns: [
      {
        head: 'Deployment',
        isName: true,
        cell: (row) =>
          html`<a href="/deployments/${row.deployment_id}">${row.display_name}</a><small>${row.slug}</small>`,
      },
      ...(isOperator ? [{ head: 'Tenant', cell: ({ tenant_id }: Deployment) => tenantLink(tenant_id) }] : []),
      { head: 'State', cell: ({ state }) => badge(state) },
      { head: 'Region', cell: ({ region }) => region ?? '' },
      { head: 'Since', cell: ({ created_at }) => time(created_at) },
    ],
  });
