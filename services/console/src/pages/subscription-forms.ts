import { entityTag, invoicing, type RequestContract, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm, type Field } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { instantIn } from '../words/entered-time.ts';
import { moneyText } from '../words/money.ts';
import { countOf, inWords } from '../words/names.ts';
import { timeText } from '../words/time.ts';

type Subscription = RequestOutput<typeof invoicing.getSubscription>;
type Addons = RequestOutput<typeof invoicing.listAddons>['items'];
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** The commands about the subscription of a deployment, each a form on the deployment's page. */
export const registerSubscriptionForms = (app: HttpApp, again: Again): void => {
  const command = (
    name: string,
    run: (c: HttpContext, values: Values, sending: Sending) => Promise<string>,
    fieldOfWord: Readonly<Record<string, string>> = {},
  ): void => {
    app.post(`/deployments/:id/subscription/${name}`, (c) =>
      handleForm(c, {
        form: `subscription-${name}`,
        run: async (values, sending) => ({ to: `${pageOf(c)}#subscription`, text: await run(c, values, sending) }),
        again: (attempt) => again(c, attempt),
        fieldOf: (pointer) => (pointer === '/effective_at' ? 'at' : (pointer.split('/')[1] ?? '')),
        fieldOfWord: {
          'invalid-time': 'at',
          'reason-missing': 'reason',
          'addon-not-found': 'addon_code',
          ...fieldOfWord,
        },
      }),
    );
  };
  command('pause', async (c, values, sending) => {
    await c.get('api').request(invoicing.pauseSubscription, atIn(c, values), sending);
    return 'The subscription is paused.';
  });
  command('resume', async (c, values, sending) => {
    const { ends_at } = await c.get('api').request(invoicing.resumeSubscription, atIn(c, values), sending);
    return ends_at === null ? 'The subscription goes on.' : `The subscription goes on until ${timeText(ends_at)}.`;
  });
  command('end-trial', async (c, values, sending) => {
    await c.get('api').request(invoicing.endTrial, atIn(c, values), sending);
    return 'The end of the trial is set; the subscription is billed from then on.';
  });
  command('cancel', async (c, values, sending) => {
    const { ends_at } = await c.get('api').request(invoicing.cancelSubscription, changeIn(c, values), sending);
    return ends_at === null ? 'The subscription is cancelled.' : `The subscription ends ${timeText(ends_at)}.`;
  });
  command('attach', async (c, values, sending) => {
    const { addon_code = '', quantity = '' } = values;
    if (!/^\s*\d{1,4}\s*$/.test(quantity)) throw new InvalidForm({ quantity: 'Enter a whole number from 1 to 1,000.' });
    const input = { ...atIn(c, values), addon_code, quantity: Number(quantity) };
    await c.get('api').request(invoicing.attachAddon, input, sending);
    return `${inWords(addon_code)} is attached.`;
  });
  command(
    'detach',
    async (c, values, sending) => {
      const input = { ...changeIn(c, values), addon_id: values['addon_id'] ?? '' };
      await c.get('api').request(invoicing.detachAddon, input, sending);
      return 'The addon has an end now.';
    },
    { 'addon-not-found': 'addon_id', 'already-ended': 'addon_id' },
  );
};

const pageOf = (c: HttpContext): string => `/deployments/${c.req.param('id') ?? ''}`;

/** A change at an instant that an operator names, with its reason. */
const atIn = (c: HttpContext, { at = '', reason = '' }: Values) => {
  const effective_at = instantIn(at, 'at');
  return {
    deployment_id: c.req.param('id') ?? '',
    ...(effective_at === null ? {} : { effective_at }),
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  };
};

/** A change that takes effect now, with the month, or at an instant that an operator names. */
const changeIn = (c: HttpContext, values: Values) => ({
  ...atIn(c, values),
  when: values['when'] === 'now' ? ('now' as const) : ('period_end' as const),
});

const reasonField: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'Needed where it lowers what the running month, or a month before it, costs.',
};

const atField = (label: string): Field => ({
  name: 'at',
  label,
  hint: 'In UTC, such as 2026-04-15 or 2026-04-15 12:00. Empty: now.',
});

const changeFields = (isOperator: boolean): Field[] => [
  {
    name: 'when',
    label: 'From',
    kind: 'choice',
    choices: [
      ['period_end', 'the end of the month'],
      ['now', 'now'],
    ],
  },
  ...(isOperator
    ? [
        {
          name: 'at',
          label: 'Or from a certain time',
          hint: 'In UTC, such as 2026-04-15 or 2026-04-15 12:00. It counts in place of the choice above.',
        },
        reasonField,
      ]
    : []),
];

/** What can be done with a subscription as it stands. */
export const subscriptionForms = (
  subscription: Subscription,
  { addons, isOperator, attempt }: { addons: Addons; isOperator: boolean; attempt: Attempt | null },
): Html => {
  if (subscription.status === 'cancelled') return none;
  const { deployment_id, status, ends_at, trial_ends_at } = subscription;
  const one = (
    name: string,
    sends: RequestContract,
    words: { summary: string; submit: string; explanation?: string; isDangerous?: boolean },
    fields: readonly Field[],
  ): Html =>
    disclosedForm(
      words.summary,
      {
        name: `subscription-${name}`,
        sends,
        action: `/deployments/${deployment_id}/subscription/${name}`,
        attempt,
        version: entityTag(subscription),
        submit: words.submit,
        isDangerous: words.isDangerous === true,
        fields,
      },
      words.explanation === undefined ? none : html`<p>${words.explanation}</p>`,
    );
  const operatorTime = (label: string): Field[] => (isOperator ? [atField(label), reasonField] : []);
  const attached = subscription.addons.filter((addon) => addon.ends_at === null);
  const offered = addons.filter(({ is_offered, currency }) => is_offered && currency === subscription.currency);
  return html`${offered.length === 0 ? none : one('attach', invoicing.attachAddon, { summary: 'Attach an addon', submit: 'Attach it' }, [{ name: 'addon_code', label: 'Addon', kind: 'choice', choices: offered.map(({ addon_code, name, price_cents, currency }) => [addon_code, `${name}, ${moneyText(price_cents, currency)} a month`] as const), isRequired: true }, { name: 'quantity', label: 'How many', kind: 'number', value: '1', isRequired: true }, ...operatorTime('From')])}${attached.length === 0 ? none : one('detach', invoicing.detachAddon, { summary: 'Detach an addon', submit: 'Detach it' }, [{ name: 'addon_id', label: 'Addon', kind: 'choice', choices: attached.map(({ addon_id, addon_code, quantity }) => [addon_id, quantity === 1 ? inWords(addon_code) : `${inWords(addon_code)}, ${countOf(quantity, 'piece')}`] as const), isRequired: true }, ...changeFields(isOperator)])}${trial_ends_at === null || status !== 'trial' ? none : one('end-trial', invoicing.endTrial, { summary: 'Set the end of the trial', submit: 'Set the end' }, [atField('End of the trial'), reasonField])}${status === 'paused' ? none : one('pause', invoicing.pauseSubscription, { summary: 'Pause the subscription', submit: 'Pause it', explanation: 'In a plan that counts by days, paused days have no base price and no included quantity. Usage is still billed.' }, [atField('From'), reasonField])}${status === 'paused' || ends_at !== null ? one('resume', invoicing.resumeSubscription, { summary: status === 'paused' ? 'Resume the subscription' : 'Withdraw the cancellation', submit: status === 'paused' ? 'Resume it' : 'Withdraw it' }, status === 'paused' ? operatorTime('From') : []) : none}${ends_at !== null ? none : one('cancel', invoicing.cancelSubscription, { summary: 'Cancel the subscription', submit: 'Cancel the subscription', explanation: 'Usage after its end is not billed. A month that is invoiced already is corrected by a credit note.', isDangerous: true }, changeFields(isOperator))}`;
};
