import { provisioning } from '@arcadia/contracts';
import type { HttpApp } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { lists } from '../lists.ts';
import type { Deployment } from '../names-of.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { filled } from './invoices.ts';
import { fileLink } from './list-files.ts';

/** States of a deployment with their words. */
export const deploymentStates = ['trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived'].map(
  (state) => [state, inWords(state)] as const,
);

export const registerDeployments = (app: HttpApp): void => {
  app.get('/deployments', async (c) => {
    const query = c.req.query();
    const isOperator = c.get('session').person.tenantId === null;
    const page = await c.get('api').request(provisioning.listDeployments, {
      ...filled({ ...lists['/deployments'].input(query), cursor: query['cursor'] }),
      limit: 100,
    } as never);
    return show(c, {
      title: 'Deployments',
      live: ['deployment.changed'],
      current: '/deployments',
      body: html`${filters('/deployments', [...(isOperator ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []), { name: 'state', label: 'State', choices: deploymentStates }], query)}
${section('By short name', html`${listOf(page.items, { isOperator, query })}${pager('/deployments', query, page.next_cursor)}`, { aside: fileLink('/deployments', query) })}`,
    });
  });
};

const listOf = (
  items: readonly Deployment[],
  { isOperator, query }: { isOperator: boolean; query: Readonly<Record<string, string>> },
): Html =>
  table({
    sorting: { path: '/deployments', query },
    caption: 'Deployments by short name',
    empty: 'No deployment matches.',
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
