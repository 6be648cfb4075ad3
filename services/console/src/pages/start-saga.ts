import { inventorySync, provisioning, type RequestOutput } from '@arcadia/contracts';
import { ApiError } from '@arcadia/gateway-client';
import { handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, type Field, form, refusedAttempt } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, valueOf } from '../html/part.ts';
import { cards, facts, figureCard, section } from '../html/table.ts';
import { decimalMoney } from '../words/money.ts';
import { inWords, sagaInWords } from '../words/names.ts';
import { deletableAs, isStartedKind, type Offered, type SagaForm, type StartedKind, sagaForms } from './saga-forms.ts';

type Quote = RequestOutput<typeof provisioning.quoteSaga>;
type Resource = RequestOutput<typeof inventorySync.listResources>['items'][number];

/** The thing that a saga is about, as the review shows it. */
type Subject = { name: string; confirm: string; resources: readonly Resource[] };

/** Starting a saga: choose its kind, fill in a form, review it with its quote, confirm. */
export const registerStartSaga = (app: HttpApp): void => {
  app.get('/sagas/new', (c) => {
    const { deployment = '' } = c.req.query();
    return show(c, {
      title: 'Start a saga',
      current: '/sagas',
      needs: provisioning.startSaga,
      crumbs: [['Sagas', '/sagas']],
      body: section(
        'What should be done?',
        html`<ul class="todo">${Object.entries(sagaForms).map(
          ([kind, { explanation }]) =>
            html`<li><p><a href="/sagas/new/${kind}${deployment === '' ? '' : `?deployment_id=${encodeURIComponent(deployment)}`}">${sagaInWords(kind)}</a><br><span class="quiet">${explanation}</span></p></li>`,
        )}</ul>`,
      ),
    });
  });
  app.get('/sagas/new/:kind', (c) => formPage(c, null));
  app.get('/sagas/new/:kind/review', (c) => reviewPage(c, c.req.query(), null));
  app.post('/sagas/new/:kind/start', (c) =>
    handleForm(c, {
      form: 'start',
      run: async (values, sending) => {
        const kind = kindOf(c);
        const inputs = sagaForms[kind].inputs(values);
        const saga = await c.get('api').request(provisioning.startSaga, { kind, inputs }, sending);
        return { to: `/sagas/${saga.saga_id}`, text: `“${sagaInWords(kind)}” has started; this page follows it.` };
      },
      again: (attempt) => reviewPage(c, attempt.values, attempt),
      fieldOf,
    }),
  );
};

/** The field of an input, such as `tags` for `/inputs/tags/0`. */
const fieldOf = (pointer: string): string => pointer.split('/')[2] ?? pointer.split('/').at(-1) ?? '';

const kindOf = (c: HttpContext): StartedKind => {
  const kind = c.req.param('kind') ?? '';
  if (isStartedKind(kind)) return kind;
  const detail = 'There is no such kind of saga.';
  throw new ApiError(detail, { status: 404, type: '/problems/not-found', detail });
};

const crumbs = [
  ['Sagas', '/sagas'],
  ['Start a saga', '/sagas/new'],
] as const;

const offered = async (c: HttpContext, kind: StartedKind): Promise<Offered> => {
  const api = c.get('api');
  if (kind === 'resize_droplet') {
    const { deployment_id } = c.req.query();
    const droplets = await api.request(inventorySync.listResources, {
      kind: 'droplet',
      limit: 200,
      ...(deployment_id === undefined || deployment_id === '' ? {} : { deployment_id }),
    });
    return { deployments: [], droplets: droplets.items };
  }
  const { items } = await api.request(provisioning.listDeployments, { limit: 200 });
  return { deployments: items, droplets: [] };
};

const formPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const kind = kindOf(c);
  const spec = sagaForms[kind];
  const chosen = c.req.query();
  const fields = spec.fields(await offered(c, kind)).map((field) => {
    const value = chosen[field.name];
    return value === undefined ? field : { ...field, value };
  });
  const lacking = fields.find((field) => field.kind === 'choice' && field.isRequired && field.choices.length === 0);
  return show(c, {
    title: sagaInWords(kind),
    current: '/sagas',
    needs: provisioning.startSaga,
    crumbs,
    lead: spec.explanation,
    attempt,
    body:
      lacking === undefined
        ? section(
            'What to do',
            form({
              name: 'saga',
              sends: provisioning.startSaga,
              action: `/sagas/new/${kind}/review`,
              method: 'get',
              fields,
              submit: spec.isQuoted ? 'See what it costs' : 'Review',
              attempt,
            }),
          )
        : html`<p class="empty">There is no ${lacking.label.toLowerCase()} for which this can be done.</p>`,
  });
};

/** What would be done and what it costs; the person confirms it here. Faults of the inputs lead back to the form. */
const reviewPage = async (c: HttpContext, values: Values, attempt: Attempt | null): Promise<Response> => {
  const kind = kindOf(c);
  const spec = sagaForms[kind];
  const isOfForm = [...(attempt?.faults.keys() ?? [])].some((name) => name in values && name !== 'confirm');
  if (attempt !== null && isOfForm) return formPage(c, { ...attempt, form: 'saga' });
  let quote: Quote | null = null;
  try {
    if (spec.isQuoted) quote = await quoteOf(c, kind, values);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 401 || error.status === 503) throw error;
    return formPage(c, refusedAttempt({ form: 'saga', values, fault: error, fieldOf }));
  }
  const subject = await subjectOf(c, spec, values);
  return show(c, {
    title: sagaInWords(kind),
    current: '/sagas',
    needs: provisioning.startSaga,
    crumbs: [...crumbs, [sagaInWords(kind), `/sagas/new/${kind}`]],
    lead: spec.explanation,
    attempt,
    body: html`${quote === null ? none : section('Quote', quoteBody(quote))}
${section('What will be done', html`${facts(enteredFacts(spec, values, subject))}${subject === null || kind !== 'offboard' ? none : resourcesOf(subject)}`)}
${section('Start it', startForm({ kind, values, subject, attempt }))}
<p><a href="/sagas/new/${kind}?${new URLSearchParams(values)}">Change what was entered</a></p>`,
  });
};

const quoteOf = (c: HttpContext, kind: StartedKind, values: Values): Promise<Quote> =>
  c.get('api').request(provisioning.quoteSaga, {
    kind: kind === 'resize_droplet' ? kind : 'provision_droplet',
    inputs: sagaForms[kind].inputs(values),
  });

const quoteBody = ({ price_monthly, price_hourly, currency, problems, size_slug }: Quote): Html => html`${cards([
  figureCard({
    name: 'At the provider, a month',
    value: decimalMoney(price_monthly, currency),
    note: `list price of ${size_slug}`,
  }),
  figureCard({ name: 'An hour', value: decimalMoney(price_hourly, currency), note: 'at most the price of the month' }),
])}
${problems.length === 0 ? html`<ul class="check"><li>Nothing is known for which the provider would refuse it.</li></ul>` : html`<ul class="check">${problems.map((problem) => html`<li class="not">${problem}</li>`)}</ul>`}`;

const subjectOf = async (c: HttpContext, spec: SagaForm, values: Values): Promise<Subject | null> => {
  const api = c.get('api');
  const deployment_id = values['deployment_id'] ?? '';
  if (spec.confirms === 'droplet') {
    const provider_id = values['provider_id'] ?? '';
    const { items } = await api.request(inventorySync.listResources, { q: provider_id, kind: 'droplet', limit: 200 });
    const droplet = items.find((one) => one.provider_id === provider_id);
    return droplet === undefined ? null : { name: droplet.name, confirm: droplet.name, resources: [droplet] };
  }
  if (deployment_id === '') return null;
  const [{ display_name, slug }, resources] = await Promise.all([
    api.request(provisioning.getDeployment, { deployment_id }),
    part(api.request(inventorySync.listResources, { deployment_id, limit: 200 })),
  ]);
  return { name: display_name, confirm: slug, resources: valueOf(resources)?.items ?? [] };
};

const enteredFacts = (
  spec: SagaForm,
  values: Values,
  subject: Subject | null,
): (readonly [string, Html | string])[] => {
  const fields = spec.fields({ deployments: [], droplets: [] });
  return fields.flatMap(({ name, label, kind }) => {
    const value = values[name]?.trim() ?? '';
    if (kind === 'choice') return subject === null ? [] : [[label, subject.name] as const];
    if (kind === 'tick') return [[label, value === 'true' ? 'yes' : 'no'] as const];
    return value === '' ? [] : [[label, value] as const];
  });
};

const resourcesOf = ({ resources }: Subject): Html => {
  const droplets = resources.filter(({ kind }) => kind === 'droplet');
  const stay = resources.filter((one) => one.kind !== 'droplet' && deletableAs(one) === null);
  return html`<ul class="check">${droplets.map(({ name }) => html`<li class="not">Droplet ${name} is deleted.</li>`)}${stay.map(({ name, kind }) => html`<li>${inWords(kind)} ${name} stays at the provider.</li>`)}${droplets.length === 0 ? html`<li>No droplet is deleted.</li>` : none}</ul>`;
};

const startForm = (given: {
  kind: StartedKind;
  values: Values;
  subject: Subject | null;
  attempt: Attempt | null;
}): Html => {
  const { kind, values, subject, attempt } = given;
  const spec = sagaForms[kind];
  const entered = new Set(spec.fields({ deployments: [], droplets: [] }).map(({ name }) => name));
  const hidden = Object.fromEntries(Object.entries(values).filter(([name]) => entered.has(name)));
  const confirm: Field[] =
    spec.confirms === null || subject === null
      ? []
      : [{ name: 'confirm', label: `Type ${subject.confirm} to confirm`, isRequired: true }];
  return form({
    name: 'start',
    sends: provisioning.startSaga,
    action: `/sagas/new/${kind}/start`,
    hidden,
    fields: [
      ...(kind === 'offboard' && subject !== null ? deletions(subject) : []),
      ...(spec.further ?? []),
      ...confirm,
    ],
    submit: sagaInWords(kind),
    isDangerous: spec.isDangerous,
    attempt,
  });
};

/** One box for each resource that can be deleted with the droplets; the boxes of one sort have one name. */
const deletions = ({ resources }: Subject): Field[] =>
  [...Map.groupBy(resources, deletableAs)].flatMap(([name, own]): Field[] =>
    name === null
      ? []
      : [
          {
            name,
            label: `Delete these ${inWords(name).toLowerCase()} too`,
            kind: 'ticks',
            choices: own.map((one) => [one.provider_id, one.name] as const),
          },
        ],
  );
