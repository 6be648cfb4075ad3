import { billingIngest, monthName, type RequestOutput, usageKinds } from '@arcadia/contracts';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { section, table } from '../html/table.ts';
import { maySend } from '../permission.ts';
import { percentOfFraction } from '../words/money.ts';
import { countOf, inSentence, kindInWords, listed } from '../words/names.ts';
import { time } from '../words/time.ts';

type Rule = RequestOutput<typeof billingIngest.getAllocationRule>['rules'][number];
type LineClass = Rule['line_class'];

const classes: Readonly<Record<LineClass, string>> = {
  spaces: 'Spaces subscription',
  bandwidth: 'Bandwidth',
  support: 'Support',
  tax: 'Tax',
  credit: 'Credits',
  other: 'Everything else',
};

const isClass = (text: string): text is LineClass => Object.hasOwn(classes, text);

/** How lines of the provider's bill are shared that belong to the whole account: one rule for each class of lines. */
export const registerAllocationRules = (app: HttpApp): void => {
  app.get('/bill/allocation', (c) => rulesPage(c));
  app.get('/bill/allocation/:class', (c) => rulePage(c, null));
  app.post('/bill/allocation/:class', (c) =>
    handleForm(c, {
      form: 'rule',
      run: async (values, sending) => {
        const line_class = classOf(c);
        const { rules } = await c.get('api').request(billingIngest.getAllocationRule, { line_class });
        const rule = ruleIn(values, newestOf(rules));
        const input = { line_class, from_period: (values['from_period'] ?? '').trim(), rule };
        const { invoices, from_period } = await c
          .get('api')
          .request(billingIngest.putAllocationRule, input as never, sending);
        return {
          to: '/bill/allocation',
          text: `The rule holds from ${monthName(from_period)} on; ${countOf(invoices, 'bill')} ${invoices === 1 ? 'is' : 'are'} allocated again.`,
        };
      },
      again: (attempt) => rulePage(c, attempt),
      fieldOf: (pointer) => {
        const [, first = '', second = ''] = pointer.split('/');
        return first === 'rule' ? second || 'method' : first;
      },
      fieldOfWord: {
        'shares-exceed-one': 'shares',
        'share-without-target': 'shares',
        'unknown-tenant': 'shares',
        'unknown-deployment': 'shares',
        'tenant-mismatch': 'shares',
        'unknown-kind': 'kind',
      },
    }),
  );
};

/** The class that the address names; `other` holds every class without a rule. */
const classOf = (c: HttpContext): LineClass => {
  const named = c.req.param('class') ?? '';
  return isClass(named) ? named : 'other';
};

const newestOf = (rules: readonly Rule[]): Rule | undefined =>
  rules.toSorted((a, b) => (a.from_period < b.from_period ? 1 : -1))[0];

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/**
 * The rule in the form. A field that belongs to another method is refused if the person has filled it, because it would be ignored; a value that
 * the form shows from the present rule counts as not filled. Throws InvalidForm.
 */
const ruleIn = ({ method = '', kind = '', shares = '' }: Values, present: Rule | undefined) => {
  const lines = linesOf(shares);
  const hasShares = lines.length > 0 && lines.join('\n') !== sharesText(present);
  const faults = {
    ...(method !== 'usage' && kind !== '' && kind !== kindOf(present)
      ? { kind: 'Only lines that are shared by usage have this: choose that above, or “none” here.' }
      : {}),
    ...(method !== 'fixed' && hasShares
      ? { shares: 'Only lines that are shared in fixed parts have these: choose that above, or leave this empty.' }
      : {}),
    ...(method === 'usage' && kind === '' ? { kind: 'Choose the usage by which they are shared.' } : {}),
  };
  if (Object.keys(faults).length > 0) throw new InvalidForm(faults);
  if (method === 'usage') return { method, kind };
  if (method !== 'fixed') return { method };
  if (lines.length === 0) throw new InvalidForm({ shares: 'Enter a share in each line, such as tenant acme 0.25.' });
  return { method, shares: lines.map(shareIn) };
};

const shareIn = (line: string) => {
  const [target = '', ...rest] = line.split(/\s+/);
  const fraction = rest.at(-1) ?? '';
  const isKnown =
    target === 'operator' ? rest.length === 1 : ['tenant', 'deployment'].includes(target) && rest.length === 2;
  if (!isKnown || !/^(0(\.\d{1,12})?|1(\.0+)?)$/.test(fraction))
    throw new InvalidForm({
      shares: `“${line}” is no share: write tenant, deployment or operator, its id, and a fraction from 0 to 1.`,
    });
  return {
    target,
    fraction,
    ...(target === 'tenant' ? { tenant_id: rest[0] } : {}),
    ...(target === 'deployment' ? { deployment_id: rest[0] } : {}),
  };
};

/** The usage by which a rule shares; empty for any other rule. */
const kindOf = (present: Rule | undefined): string => (present?.rule.method === 'usage' ? present.rule.kind : '');

/** The parts of a rule as they are typed; empty for a rule without fixed parts. */
const sharesText = (present: Rule | undefined): string =>
  present?.rule.method === 'fixed'
    ? present.rule.shares
        .map(({ target, tenant_id, deployment_id, fraction }) =>
          [target, target === 'deployment' ? deployment_id : tenant_id, fraction]
            .filter((part) => part !== null)
            .join(' '),
        )
        .join('\n')
    : '';

/** A rule in words. */
const ruleInWords = ({ rule }: Rule): string => {
  if (rule.method === 'none') return 'assigned to no one';
  if (rule.method === 'cost') return 'shared by what each cost in the same bill';
  if (rule.method === 'usage') return `shared by the usage of ${inSentence(kindInWords(rule.kind))}`;
  return listed(
    rule.shares.map(
      ({ target, tenant_id, deployment_id, fraction }) =>
        `${percentOfFraction(fraction)} to ${target === 'operator' ? 'the operator' : `${target} ${deployment_id ?? tenant_id ?? ''}`}`,
    ),
  );
};

const rulesPage = async (c: HttpContext): Promise<Response> => {
  const { rules } = await c.get('api').request(billingIngest.listAllocationRules, {});
  const rows = (Object.keys(classes) as LineClass[]).map((line_class) => ({
    line_class,
    own: rules
      .filter((rule) => rule.line_class === line_class)
      .toSorted((a, b) => (a.from_period < b.from_period ? 1 : -1)),
  }));
  return show(c, {
    title: 'Who bears what belongs to no one',
    current: '/bill',
    crumbs: [['Provider bill', '/bill']],
    lead: 'Some lines of the provider’s bill are for the whole account. A rule for their class shares them; without one they are assigned to no one.',
    body: section(
      'Rules by class of lines',
      table({
        caption: 'Allocation rules',
        empty: '',
        rows,
        columns: [
          {
            head: 'Lines',
            isName: true,
            cell: ({ line_class }) =>
              maySend(billingIngest.putAllocationRule)
                ? html`<a href="/bill/allocation/${line_class}">${classes[line_class]}</a>`
                : classes[line_class],
          },
          {
            head: 'Rule',
            cell: ({ own }) =>
              own.length === 0
                ? html`<span class="quiet">assigned to no one</span>`
                : html`${own.map((rule) => html`<span>from ${monthName(rule.from_period)}: ${ruleInWords(rule)}</span><br>`)}`,
          },
          {
            head: 'Set',
            cell: ({ own: [newest] }) =>
              newest === undefined ? '' : html`${time(newest.set_at)}<small>by ${newest.set_by}</small>`,
          },
        ],
      }),
    ),
  });
};

const rulePage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const line_class = classOf(c);
  const { answer, version } = await c.get('api').read(billingIngest.getAllocationRule, { line_class });
  const newest = newestOf(answer.rules);
  return show(c, {
    title: classes[line_class],
    current: '/bill',
    needs: billingIngest.putAllocationRule,
    crumbs: [
      ['Provider bill', '/bill'],
      ['Who bears what belongs to no one', '/bill/allocation'],
    ],
    lead:
      newest === undefined
        ? 'There is no rule: these lines are assigned to no one.'
        : `From ${monthName(newest.from_period)} on: ${ruleInWords(newest)}.`,
    attempt,
    body: section('Set the rule', ruleForm(line_class, newest, { version, attempt })),
  });
};

const ruleForm = (
  line_class: LineClass,
  newest: Rule | undefined,
  { version, attempt }: { version: string | null; attempt: Attempt | null },
): Html =>
  form({
    name: 'rule',
    sends: billingIngest.putAllocationRule,
    action: `/bill/allocation/${line_class}`,
    attempt,
    version,
    submit: 'Set the rule',
    fields: [
      {
        name: 'from_period',
        label: 'From the month',
        hint: 'Bills of this month and later ones are allocated again.',
        kind: 'month',
        value: newest?.from_period ?? '',
        isRequired: true,
      },
      {
        name: 'method',
        label: 'The lines are',
        kind: 'choice',
        value: newest?.rule.method ?? 'cost',
        choices: [
          ['cost', 'shared by what each cost in the same bill'],
          ['usage', 'shared by the usage of a kind'],
          ['fixed', 'shared in fixed parts'],
          ['none', 'assigned to no one'],
        ],
      },
      {
        name: 'kind',
        label: 'Usage of',
        hint: 'Only where they are shared by usage.',
        kind: 'choice',
        value: kindOf(newest),
        choices: [['', 'none'], ...Object.keys(usageKinds).map((kind) => [kind, kindInWords(kind)] as const)],
      },
      {
        name: 'shares',
        label: 'Fixed parts',
        hint: 'Only for fixed shares. Each line names a recipient, its id and a fraction from 0 to 1, such as: tenant acme 0.25. The remaining fraction is assigned to no one.',
        kind: 'area',
        rows: 5,
        value: sharesText(newest),
      },
    ],
  });
