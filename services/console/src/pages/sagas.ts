import { inventorySync, provisioning, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { part, valueOf } from '../html/part.ts';
import { readAgain } from '../html/running-work.ts';
import { facts, section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { valueInWords } from '../words/drift.ts';
import { countOf, inWords, listed, sagaInWords, senderInWords } from '../words/names.ts';
import { sagaProgress, stepMark } from '../words/saga-steps.ts';
import { durationText, time } from '../words/time.ts';
import { listAside } from './list-files.ts';

export type SagaSummary = RequestOutput<typeof provisioning.listSagas>['items'][number];
type Saga = RequestOutput<typeof provisioning.getSaga>;
type Step = Saga['ledger'][number];

const statuses = ['pending', 'running', 'completed', 'failed', 'compensating', 'rolled_back'].map(
  (status) => [status, inWords(status)] as const,
);

export const registerSagas = (app: HttpApp): void => {
  app.get('/sagas', async (c) => {
    const api = c.get('api');
    const query = c.req.query();
    const page = await readList(c, '/sagas');
    const names = await deploymentsOf(
      api,
      page.items.map(({ deployment_id }) => deployment_id),
    );
    return show(c, {
      title: 'Sagas',
      live: ['saga.changed'],
      current: '/sagas',
      lead: html`Changes at the provider in steps. A step that fails undoes the ones before it. ${maySend(provisioning.startSaga) ? html`<a href="/sagas/new">Start a saga</a>` : none}`,
      body: html`${filters('/sagas', [{ name: 'status', label: 'Status', choices: statuses }], query)}
${section(query['sort'] ? 'As sorted' : 'Newest first', html`${sagaTable(page.items, names, query)}${pager('/sagas', query, page.next_cursor)}`, { aside: listAside('/sagas', query, page) })}`,
    });
  });
  app.get('/sagas/:id', (c) => sagaPage(c, null));
  app.post('/sagas/:id/retry', (c) =>
    handleForm(c, {
      form: 'retry',
      run: async (_, sending) => {
        await c.get('api').request(provisioning.retrySaga, { saga_id: id(c) }, sending);
        return { to: `/sagas/${id(c)}`, text: 'The saga goes on from where it failed.' };
      },
      again: (attempt) => sagaPage(c, attempt),
    }),
  );
  app.post('/sagas/:id/cancel', (c) =>
    handleForm(c, {
      form: 'cancel',
      run: async ({ reason = '' }, sending) => {
        await c
          .get('api')
          .request(
            provisioning.cancelSaga,
            { saga_id: id(c), ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
            sending,
          );
        return { to: `/sagas/${id(c)}`, text: 'The saga stops before its next step and undoes what it has done.' };
      },
      again: (attempt) => sagaPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const sagaTable = (
  items: readonly SagaSummary[],
  names: ReadonlyMap<string, Deployment>,
  query: Readonly<Record<string, string>>,
): Html =>
  table({
    sorting: { path: '/sagas', query },
    caption: 'Sagas',
    empty: 'There is no saga.',
    rows: items,
    columns: [
      {
        head: 'Saga',
        isName: true,
        sort: 'kind',
        cell: (row) => html`<a href="/sagas/${row.saga_id}">${sagaInWords(row.kind)}</a>`,
      },
      { head: 'Status', sort: 'status', cell: ({ status }) => badge(status) },
      {
        head: 'Steps',
        cell: sagaProgress,
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Started by', cell: ({ started_by }) => senderInWords(started_by) },
      { head: 'Started', sort: 'created_at', cell: ({ created_at }) => time(created_at) },
      {
        head: 'Took',
        isFigure: true,
        cell: ({ created_at, finished_at }) => (finished_at === null ? '' : durationText(created_at, finished_at)),
      },
    ],
  });

const isOver = ({ status }: Saga): boolean => ['completed', 'failed', 'rolled_back'].includes(status);

const sagaPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const saga = await api.request(provisioning.getSaga, { saga_id: id(c) });
  const [names, resource] = await Promise.all([
    deploymentsOf(api, [saga.deployment_id]),
    saga.resource_id === null ? null : part(api.request(inventorySync.getResource, { resource_id: saga.resource_id })),
  ]);
  const done = saga.ledger.filter(({ status }) => status === 'completed').length;
  return show(c, {
    title: sagaInWords(saga.kind),
    live: ['saga.changed'],
    current: '/sagas',
    crumbs: [['Sagas', '/sagas']],
    beside: badge(saga.status),
    lead: html`Started by ${senderInWords(saga.started_by)}, ${time(saga.created_at)}${saga.finished_at === null ? none : html`, took ${durationText(saga.created_at, saga.finished_at)}`}`,
    attempt,
    body: html`${isOver(saga) ? none : html`${readAgain}<label class="quiet">${saga.status === 'compensating' ? inWords(sagaProgress(saga)) : `${done} of ${countOf(saga.ledger.length, 'step')} done`} <progress max="${saga.ledger.length}" value="${done}"></progress></label>`}
${saga.waiting === null ? none : html`<p class="missing" role="status">Waiting: ${saga.waiting.reason} It tries again ${time(saga.waiting.next_attempt_at)}, until ${time(saga.waiting.until)}.</p>`}
${saga.error === null ? none : html`<p class="${saga.status === 'failed' ? 'refused' : 'missing'}" role="status">${whyStopped(saga)}</p>`}
${section('Steps', html`<ol class="line">${saga.ledger.map((step) => stepOf(saga, step))}</ol>`)}
${section(
  'Inputs',
  facts([
    ...Object.entries(saga.inputs)
      .filter(([name]) => name !== 'confirm' && name !== 'deployment_id')
      .map(([name, value]) => [inWords(name), valueInWords(value)] as const),
    ['Deployment', deploymentLink(saga.deployment_id, names)],
    ['Tenant', tenantLink(saga.tenant_id)],
    saga.resource_id === null
      ? null
      : ['Resource', resourceLink(saga.resource_id, resource === null ? null : (valueOf(resource)?.name ?? null))],
    saga.drift_id === null ? null : ['Reverts', html`<a href="/drift/${saga.drift_id}">a drift</a>`],
    ['Id', html`<span class="id">${saga.saga_id}</span>`],
  ]),
)}
${actionsOf(saga, attempt)}`,
  });
};

const whyStopped = ({ error, ledger, status }: Saga): string => {
  const reason = String(error?.['reason'] ?? '');
  const failed = ledger.find((step) => step.status === 'failed');
  const why =
    reason === 'cancelled'
      ? 'It was cancelled.'
      : failed === undefined
        ? `${inWords(reason)}.`
        : `The step “${inWords(failed.name)}” failed: ${failed.error ?? failed.compensation_error ?? reason}`;
  const destroyed = Array.isArray(error?.['destroyed']) ? (error['destroyed'] as unknown[]).map(String) : [];
  const gone = destroyed.length === 0 ? '' : ` Destroyed for good: ${listed(destroyed)}.`;
  const undone = status === 'rolled_back' ? ' What its steps had done before is undone.' : '';
  return `${/[.!?]$/.test(why) ? why : `${why}.`}${undone}${gone}`;
};

const outcomes: Record<Step['attempts'][number]['outcome'], string> = {
  running: 'runs',
  completed: 'done',
  failed: 'failed',
  abandoned: 'broken off, because its process ended',
};

const stepOf = (saga: Saga, step: Step): Html => {
  const { tone, words } = stepMark(saga, step);
  return html`<li class="${tone}"><strong>${inWords(step.name)}</strong>, ${words}${step.error === null ? none : html`<small>${step.error}</small>`}${step.compensation_error === null ? none : html`<small>Undoing failed: ${step.compensation_error}</small>`}
${step.attempts.map((attempt) => attemptOf(step, attempt))}</li>`;
};

const attemptOf = (step: Step, attempt: Step['attempts'][number]): Html => {
  const isShown = attempt.error === null || [step.error, step.compensation_error].includes(attempt.error);
  return html`<small>${attempt.direction === 'forward' ? 'Attempt' : 'Undoing, attempt'} ${attempt.attempt}: ${outcomes[attempt.outcome]}, ${time(attempt.started_at)}${attempt.finished_at === null ? none : html` (${durationText(attempt.started_at, attempt.finished_at)})`}${isShown ? none : html`: ${attempt.error}`}</small>`;
};

const actionsOf = (saga: Saga, attempt: Attempt | null): Html => {
  const at = `/sagas/${saga.saga_id}`;
  if (saga.status === 'failed')
    return section(
      'Actions',
      disclosedForm(
        'Retry',
        {
          name: 'retry',
          sends: provisioning.retrySaga,
          action: `${at}/retry`,
          fields: [],
          submit: 'Retry from the failed step',
          attempt,
        },
        html`<p>The saga goes on from the step that failed, or from the undoing that failed.</p>`,
      ),
    );
  if (isOver(saga) || saga.is_cancel_requested) return none;
  return section(
    'Actions',
    disclosedForm(
      'Cancel',
      {
        name: 'cancel',
        sends: provisioning.cancelSaga,
        action: `${at}/cancel`,
        submit: 'Cancel the saga',
        isDangerous: true,
        attempt,
        fields: [{ name: 'reason', label: 'Reason', hint: 'Kept with the saga.' }],
      },
      html`<p>It stops before its next step and undoes the steps that it has done.</p>`,
    ),
  );
};
