import { currencyExponent, formatMinor, invoicing, type RequestOutput } from '@arcadia/contracts';
import { ApiError } from '@arcadia/gateway-client';
import { centsIn, entered, handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, type Field, form } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { section } from '../html/table.ts';
import { kindChoices } from './catalog-prices.ts';

type Addon = RequestOutput<typeof invoicing.getAddon>;
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** Addons: created in the catalog, each changed on its own page. */
export const registerAddons = (app: HttpApp, catalog: Again): void => {
  app.post('/catalog/addons', (c) =>
    handleForm(c, {
      form: 'addon',
      run: async (values, sending) => {
        const addon = addonIn(values);
        await mustBeNew(c, addon.addon_code);
        const { name } = await c.get('api').request(invoicing.putAddon, addon, sending);
        return { to: '/catalog#addons', text: `The addon ${name} is on offer.` };
      },
      again: (attempt) => catalog(c, attempt),
      ...refusedFields,
    }),
  );
  app.get('/catalog/addons/:addon', (c) => addonPage(c, null));
  app.post('/catalog/addons/:addon', (c) =>
    handleForm(c, {
      form: 'change',
      run: async (values, sending) => {
        const addon_code = c.req.param('addon');
        const addon = { ...addonIn({ ...values, addon_code }), is_offered: values['is_offered'] === 'true' };
        const { name } = await c.get('api').request(invoicing.putAddon, addon, sending);
        return {
          to: `/catalog/addons/${addon_code}`,
          text: `The addon ${name} is changed. Attached ones keep their price and quantity.`,
        };
      },
      again: (attempt) => addonPage(c, attempt),
      ...refusedFields,
    }),
  );
};

const refusedFields = {
  fieldOf: (pointer: string): string => (pointer === '/price_cents' ? 'price' : (pointer.split('/')[1] ?? '')),
  fieldOfWord: { 'unknown-kind': 'kind' },
};

/** Throws InvalidForm where there is an addon with this code: the form creates one and must not change another. */
const mustBeNew = async (c: HttpContext, addon_code: string): Promise<void> => {
  try {
    await c.get('api').request(invoicing.getAddon, { addon_code });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    throw error;
  }
  throw new InvalidForm({ addon_code: `There is an addon ${addon_code}. Choose another code, or change that one.` });
};

const addonIn = (values: Values) => {
  const { addon_code = '', name, kind = '', qty = '', price = '', currency = 'AUD' } = entered(values);
  const price_cents = centsIn(price, currencyExponent(currency.toUpperCase()));
  const faults = {
    ...(price_cents === null ? { price: `Enter an amount in ${currency}, such as 15.00.` } : {}),
    ...(/^\d{1,12}(\.\d{1,12})?$/.test(qty) ? {} : { qty: 'Enter a quantity such as 50.' }),
  };
  if (price_cents === null || 'qty' in faults) throw new InvalidForm(faults);
  return {
    ...{ addon_code, kind, qty, price_cents, currency: currency.toUpperCase() },
    ...(name === undefined ? {} : { name }),
  };
};

const fieldsOf = (addon: Addon | null): Field[] => [
  { name: 'name', label: 'Name on invoices', value: addon?.name ?? '', isRequired: true },
  {
    name: 'kind',
    label: 'Adds to what is included of',
    kind: 'choice',
    value: addon?.kind ?? '',
    choices: kindChoices,
    isRequired: true,
  },
  {
    name: 'qty',
    label: 'How much',
    hint: 'In the unit of the kind, such as 50 of GB.',
    kind: 'number',
    value: addon?.qty ?? '',
    isRequired: true,
  },
  {
    name: 'price',
    label: addon === null ? 'Price of a month' : `Price of a month, in ${addon.currency}`,
    hint: 'Such as 15.00.',
    kind: 'number',
    value: addon === null ? '' : formatMinor(addon.price_cents, addon.currency),
    isRequired: true,
  },
];

/** The form that creates an addon. */
export const newAddonForm = (attempt: Attempt | null): Html =>
  disclosedForm('Create an addon', {
    name: 'addon',
    sends: invoicing.putAddon,
    version: null,
    action: '/catalog/addons',
    attempt,
    submit: 'Create the addon',
    fields: [
      { name: 'addon_code', label: 'Code', hint: 'Such as storage_50gb. It never changes.', isRequired: true },
      ...fieldsOf(null),
      { name: 'currency', label: 'Currency', value: 'AUD', isRequired: true },
    ],
  });

const addonPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const addon_code = c.req.param('addon') ?? '';
  const { answer: addon, version } = await c.get('api').read(invoicing.getAddon, { addon_code });
  return show(c, {
    title: addon.name,
    current: '/catalog',
    crumbs: [['Catalog', '/catalog']],
    beside: addon.is_offered ? badge('active', 'On offer') : badge('archived', 'Not offered'),
    lead: html`Addon ${addon.addon_code}. Deployments that have it keep their price and quantity.`,
    attempt,
    body: section(
      'Change',
      form({
        name: 'change',
        sends: invoicing.putAddon,
        action: `/catalog/addons/${addon.addon_code}`,
        attempt,
        version,
        hidden: { currency: addon.currency },
        submit: 'Save',
        fields: [
          ...fieldsOf(addon),
          { name: 'is_offered', label: 'Offer it', kind: 'tick', value: addon.is_offered ? 'true' : '' },
        ],
      }),
    ),
  });
};
