import { type inventorySync, type Json, provisioning, type RequestOutput } from '@arcadia/contracts';
import { type Api, ApiError } from '@arcadia/gateway-client';
import { handleForm, InvalidForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { section, table } from '../html/table.ts';
import { valueInWords } from '../words/drift.ts';
import { fieldLines, fieldsIn } from '../words/field-lines.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';

type Resource = RequestOutput<typeof inventorySync.getResource>;
type Desired = RequestOutput<typeof provisioning.getDesiredState>;
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** The desired state of a resource, with its version; null: it has none. */
export type DesiredState = { answer: Desired; version: string | null } | null;

export const readDesiredState = async (api: Api, resource_id: string): Promise<DesiredState> => {
  try {
    return await api.read(provisioning.getDesiredState, { resource_id });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
};

/** The commands that set and remove the desired state, each a form on the resource's page. */
export const registerDesiredState = (app: HttpApp, again: Again): void => {
  const set = (
    form: 'desired' | 'undesired',
    specOf: (values: Readonly<Record<string, string>>) => Readonly<Record<string, Json>> | null,
  ): void => {
    app.post(`/inventory/:id/${form}`, (c) =>
      handleForm(c, {
        form,
        run: async (values, sending) => {
          const resource_id = c.req.param('id') ?? '';
          const spec = specOf(values);
          const first = values['is_first'] === 'true' ? { spec_version: 0 } : {};
          await c.get('api').request(provisioning.setDesiredState, { resource_id, spec, ...first } as never, sending);
          const text =
            spec === null
              ? 'The resource has no desired state any more, so it is not compared.'
              : 'The desired state is set. Drift compares the resource with it.';
          return { to: `/inventory/${resource_id}#desired`, text };
        },
        again: (attempt) => again(c, attempt),
        fieldOf: () => 'spec',
      }),
    );
  };
  set('desired', ({ spec = '' }) => {
    const fields = fieldsIn(spec);
    if (typeof fields === 'string') throw new InvalidForm({ spec: fields });
    return fields;
  });
  set('undesired', () => null);
};

/** What a resource should be beside what it is, and the forms that change what it should be. */
export const desiredStateSection = (resource: Resource, desired: DesiredState, attempt: Attempt | null): Html => {
  const spec = desired?.answer.spec ?? null;
  const version = desired?.version ?? null;
  const action = `/inventory/${resource.resource_id}`;
  return section(
    'Desired state',
    html`${comparisonOf(resource, spec)}${disclosedForm(
      spec === null ? 'Set a desired state' : 'Change the desired state',
      {
        name: 'desired',
        sends: provisioning.setDesiredState,
        action: `${action}/desired`,
        attempt,
        version,
        hidden: desired === null ? { is_first: 'true' } : {},
        submit: 'Set it',
        fields: [
          {
            name: 'spec',
            label: 'Fields',
            hint: 'One in a line, such as size_slug: s-2vcpu-4gb. Only these fields are compared.',
            kind: 'area',
            rows: 6,
            value: fieldLines(spec ?? suggested(resource)),
            isRequired: true,
          },
        ],
      },
      html`<p>It changes nothing at the provider: where the resource differs, drift is detected, which can be accepted or reverted.</p>`,
    )}${
      spec === null
        ? none
        : disclosedForm(
            'Remove the desired state',
            {
              name: 'undesired',
              sends: provisioning.setDesiredState,
              action: `${action}/undesired`,
              attempt,
              version,
              submit: 'Remove it',
              fields: [],
            },
            html`<p>The resource stays; it is no longer compared with anything.</p>`,
          )
    }`,
    {
      id: 'desired',
      ...(desired === null
        ? {}
        : {
            aside: html`<span class="quiet">version ${String(desired.answer.spec_version)}, ${time(desired.answer.updated_at)}</span>`,
          }),
    },
  );
};

/** What is typed into the form of a resource without a desired state: it should stay as it is in its size. */
const suggested = ({ attrs }: Resource): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(attrs).filter(([name]) => name === 'size_slug')) as Record<string, Json>;

const comparisonOf = ({ attrs }: Resource, spec: Desired['spec']): Html =>
  table({
    caption: 'Fields of the desired state, with the actual values',
    empty: 'It has no desired state, so it is not compared.',
    rows: Object.entries(spec ?? {}),
    columns: [
      { head: 'Field', isName: true, cell: ([name]) => inWords(name) },
      { head: 'Expected', cell: ([, value]) => valueInWords(value) },
      {
        head: 'Actual',
        cell: ([name, value]) => {
          const actual = (attrs as Readonly<Record<string, Json>>)[name];
          const isSame = JSON.stringify(actual) === JSON.stringify(value);
          return actual === undefined
            ? html`<span class="quiet">not known here</span>`
            : isSame
              ? html`<span class="equal">✓ ${valueInWords(actual)}</span>`
              : html`<span class="unequal">${valueInWords(actual)}</span>`;
        },
      },
    ],
  });
