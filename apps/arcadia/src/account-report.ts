import { table } from 'table';

/** What the start shows of an account; with `--json` the document itself. */
export type AccountReport = {
  gateway: string;
  tokens: { operator: string };
  resources: { kind: string; count: number; unowned: number }[];
  /** Resources without a tenant or deployment, which no customer pays for. */
  unowned: { kind: string; name: string; project: string | null }[];
  sweeps: { kind: string; status: string; count: number | null; detail: string | null }[];
  /** Jobs that had not ended when the result was read; they continue in the background. */
  unfinished: string[];
  unknown_types: { type: string; count: number }[];
  not_listed: string[];
  /** Usage of the running month as the provider counts it; null: not known. */
  balance: { month_to_date_usage: string; currency: string } | null;
  /** Invoices of the provider that are known. */
  invoices: number;
};

/** The most unowned resources that are named. */
const namedUnowned = 10;

export const accountText = (report: AccountReport): string =>
  [
    table([
      ['Resource kind', 'Count', 'Unowned'],
      ...report.resources.map(({ kind, count, unowned }) => [kind, String(count), String(unowned)]),
    ]),
    ...block('Kinds whose inventory is incomplete:', incompleteLines(report)),
    ...block('Types that are unknown here, known by their URN only:', unknownLines(report)),
    ...block('Never listed, whether the account has it or not:', [`  ${report.not_listed.join('; ')}`]),
    ...(report.unfinished.length === 0
      ? []
      : [`Still listing, within the provider's request limit: ${report.unfinished.join(', ')}`]),
    billLine(report),
    ...unownedLines(report),
    ...nextLines(report),
    '',
    `Gateway:  ${report.gateway}   documentation: ${report.gateway}/docs`,
    `  curl -H 'Authorization: Bearer ${report.tokens.operator}' ${report.gateway}/api/v1/inventory`,
    '',
  ].join('\n');

const block = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [title, ...lines]);

const incompleteLines = ({ sweeps }: AccountReport): string[] =>
  sweeps
    .filter(({ status }) => ['incomplete', 'failed', 'parked'].includes(status))
    .map(({ kind, status, detail }) => `  ${kind}: ${status}${detail === null ? '' : `, ${detail}`}`);

const unknownLines = ({ unknown_types }: AccountReport): string[] =>
  unknown_types.length === 0 ? [] : [`  ${unknown_types.map(({ type, count }) => `${type} ${count}`).join(', ')}`];

const billLine = ({ balance, invoices }: AccountReport): string =>
  balance === null
    ? "The provider's balance is not known; the token may lack the scope billing:read."
    : `Provider: ${balance.month_to_date_usage} ${balance.currency} used this month, ${invoices} invoices found.`;

const unownedLines = ({ unowned }: AccountReport): string[] =>
  unowned.length === 0
    ? []
    : [
        '',
        `${unowned.length} resources belong to no customer, so no invoice has them:`,
        ...unowned
          .slice(0, namedUnowned)
          .map(({ kind, name, project }) => `  ${kind} ${name}${project === null ? '' : `, project ${project}`}`),
        ...(unowned.length > namedUnowned ? [`  … GET /api/v1/inventory/unattributed lists all of them`] : []),
      ];

const nextLines = ({ unowned }: AccountReport): string[] =>
  unowned.length === 0
    ? []
    : [
        'Next: bind a project or a tag to a customer with POST /api/v1/deployments, and subscribe it to a plan.',
        '      docs/first-account.md leads from here to the first invoice, step by step.',
      ];
