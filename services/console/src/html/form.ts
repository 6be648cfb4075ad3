import { randomUUID } from 'node:crypto';
import type { RequestContract } from '@arcadia/contracts';
import type { ApiError, Fault } from '@arcadia/gateway-client';
import { fileEnding } from '../file-ending.ts';
import { maySend } from '../permission.ts';
import { inWords, shownInList } from '../words/names.ts';
import { inFieldWords, type Labelled } from './field-words.ts';
import { type Html, html, none } from './html.ts';
import { type Choice, option } from './list.ts';

/** A form that was sent and refused: what was typed, and what is wrong. */
export type Attempt = {
  /** The name of the form; a page can have several. */
  form: string;
  values: Readonly<Record<string, string>>;
  /** The fault of each field, by its name. */
  faults: ReadonlyMap<string, string>;
  /** The fault of the form as a whole. */
  message: string;
  /** The field that a pointer of the API names. */
  fieldOf?: (pointer: string) => string;
};

/** The field that a pointer such as `/reason`, `/address/0` or `/rates/0/rate` names: its last part that is no number. */
const fieldNamed = (pointer: string): string => pointer.split('/').findLast((part) => !/^\d*$/.test(part)) ?? '';

/** The attempt of a refused command: the gateway names the fields by JSON pointers. */
export const refusedAttempt = ({
  form,
  values,
  fault,
  fieldOf = fieldNamed,
  detailOf = ({ detail }) => detail,
  fieldOfWord = {},
}: Pick<Attempt, 'form' | 'values'> & {
  fault: ApiError;
  fieldOf?: (pointer: string) => string;
  detailOf?: (fault: Fault) => string;
  /** The field that a refusal is about, by its word, where it names none. */
  fieldOfWord?: Readonly<Record<string, string>>;
}): Attempt => ({
  form,
  values,
  faults: faultsByField([
    ...(fault.faults.length > 0 ? [] : [{ 'confirmation-needed': 'confirm', ...fieldOfWord }[fault.word]]).flatMap(
      (field) => (field === undefined ? [] : [[field, fault.detail] as const]),
    ),
    ...fault.faults.map((each) => [fieldOf(each.pointer), detailOf(each)] as const),
  ]),
  message: messageOf(fault),
  fieldOf,
});

/** The sentence about a refused form; the faults of its fields stand beside them. */
const messageOf = ({ word, detail, faults }: ApiError): string => {
  if (word === 'precondition-failed') return staleMessage;
  return word === 'invalid-request' && faults.length > 0 ? someFieldsWrong : detail;
};

/** What is wrong where only fields are; each fault is a sentence beside its field. */
export const someFieldsWrong = 'Some fields need another value; see beside them.';

/** Several faults of one field stand beside it one after the other. */
const faultsByField = (faults: readonly (readonly [field: string, detail: string])[]): ReadonlyMap<string, string> =>
  new Map(
    [...Map.groupBy(faults, ([field]) => field)].map(([field, own]) => [
      field,
      [...new Set(own.map(([, detail]) => detail))].join(' '),
    ]),
  );

const staleMessage =
  'It was changed since you opened this page, so nothing was done. The page now shows it as it is: compare it with what you entered, then send the form again.';

export type Field = {
  name: string;
  label: string;
  /** What to enter, below the label. */
  hint?: string;
  value?: string;
  isRequired?: boolean;
} & (
  | { kind?: 'text' | 'number' | 'month' | 'date'; autocomplete?: string }
  | { kind: 'area'; rows?: number /** True: a file can be chosen in place of typing its lines. */; isFile?: boolean }
  | Choosing<'choice'>
  | { kind: 'secret' }
  | { kind: 'tick' }
  | Choosing<'ticks'>
);

type Choosing<Kind> = { kind: Kind; choices: readonly Choice[] };

export type Form = {
  /** The name of the form, unique on its page. */
  name: string;
  action: string;
  /** The command that the form sends. A person who may not send it does not see the form. */
  sends: Pick<RequestContract, 'roles' | 'edits'> & Partial<Pick<RequestContract, 'input'>>;
  fields: readonly Field[];
  submit: string;
  /** `get` for a form that only asks for a page; such a form has no idempotency key. */
  method?: 'get';
  /** Further buttons, which send the same fields elsewhere. */
  others?: readonly { submit: string; action: string }[];
  /** True for a command that destroys or cannot be undone. */
  isDangerous?: boolean;
  attempt: Attempt | null;
  /**
   * The version of what the form changes, as the page shows it. A form on a version that is no longer the present one is refused. It must be
   * given for every command that edits something; null where the form itself chooses what.
   */
  version?: string | null;
  /** Values that the person does not see. */
  hidden?: Readonly<Record<string, string>>;
};

/**
 * A form that sends a command. Its idempotency key is made with it: sent twice, it takes effect once. A refused form keeps
 * what was typed and shows beside each field what to do.
 */
export const form = (spec: Form): Html => {
  if (!maySend(spec.sends)) return none;
  if (spec.sends.edits !== undefined && spec.version === undefined)
    throw new TypeError(`the form ${spec.name} changes what the page shows, so it needs its version`);
  const attempt = spec.attempt?.form === spec.name ? inLabels(spec.attempt, spec) : null;
  const isLone = spec.fields.length === 0;
  const method = spec.method ?? 'post';
  return html`<form method="${method}" action="${spec.action}" class="${isLone ? 'lone' : 'form'}" id="form-${spec.name}"${spec.fields.some((field) => field.kind === 'area' && field.isFile === true) ? html` enctype="multipart/form-data"` : none}>
${method === 'get' ? none : html`<input type="hidden" name="idempotency_key" value="${randomUUID()}">`}
${spec.version === undefined || spec.version === null ? none : html`<input type="hidden" name="if_match" value="${spec.version}">`}
${Object.entries(spec.hidden ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${attempt === null ? none : refusal(attempt, spec.fields)}
${spec.fields.map((field) => fieldOf(spec.name, field, attempt))}
<button type="submit"${spec.isDangerous === true ? html` class="danger"` : none}>${spec.submit}</button>${(spec.others ?? []).map(({ submit, action }) => html`<button type="submit" class="other" formaction="${action}">${submit}</button>`)}
</form>`;
};

/** A refusal in the words of its form. */
const inLabels = (attempt: Attempt, form: Labelled): Attempt => ({
  ...attempt,
  message: inFieldWords(attempt.message, form, attempt),
  faults: new Map([...attempt.faults].map(([name, fault]) => [name, inFieldWords(fault, form, attempt)])),
});

/** What is wrong with a sent form: its fault as a whole, and the faults of fields that the page does not show. */
export const refusal = (attempt: Attempt, shownFields: readonly Pick<Field, 'name'>[] = []): Html => {
  const shown = new Set(shownFields.map(({ name }) => name));
  const others = [...attempt.faults].filter(([name]) => !shown.has(name));
  const isBesideFields = attempt.message !== someFieldsWrong || others.length < attempt.faults.size;
  const message = isBesideFields ? attempt.message : 'Nothing was done.';
  return html`<p class="refused" role="alert" tabindex="-1" id="refused">${inFieldWords(message, null, attempt)}${others.map(([name, fault]) => html` ${inWords(name)}: ${ended(inFieldWords(fault, null, attempt))}`)}</p>`;
};

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);

const fieldOf = (formName: string, field: Field, attempt: Attempt | null): Html => {
  const id = `${formName}-${field.name}`;
  const fault = attempt?.faults.get(field.name);
  const value = attempt === null ? (field.value ?? '') : (attempt.values[field.name] ?? '');
  const described = [field.hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`]
    .filter(Boolean)
    .join(' ');
  const attributes = html`id="${id}" name="${field.name}"${field.isRequired === true ? html` required` : none}${described === '' ? none : html` aria-describedby="${described}"`}${fault === undefined ? none : html` aria-invalid="true"`}`;
  const hint = field.hint === undefined ? none : html`<span class="hint" id="${id}-hint">${field.hint}</span>`;
  const wrong = fault === undefined ? none : html`<span class="fault" id="${id}-fault">${fault}</span>`;
  if (field.kind === 'tick')
    return html`<div class="field tick"><input type="checkbox" value="true" ${attributes}${value === 'true' ? html` checked` : none}><label for="${id}">${field.label}</label>${hint}${wrong}</div>`;
  const choices = writtenOut(field, value);
  if (choices !== null)
    return html`<fieldset class="choices"${described === '' ? none : html` aria-describedby="${described}"`}><legend>${field.label}</legend>${hint}${choices}${wrong}</fieldset>`;
  const upload =
    field.kind === 'area' && field.isFile === true
      ? html`<input type="file" name="${field.name}${fileEnding}" accept=".csv,text/csv" aria-label="${field.label}: a file">`
      : none;
  return html`<div class="field"><label for="${id}">${field.label}</label>${hint}${upload}${inputOf(field, attributes, value)}${wrong}</div>`;
};

/** So many choices are written out. */
const writtenOutAtMost = 8;

/** The choices below one another, for boxes to tick and for a few choices of which some are too long for a list; null for any other field. */
const writtenOut = (field: Field, value: string): Html | null => {
  if (field.kind !== 'ticks' && field.kind !== 'choice') return null;
  const { kind, name, choices } = field;
  if (
    kind === 'choice' &&
    (choices.length > writtenOutAtMost || choices.every(([, words]) => words.length <= shownInList))
  )
    return null;
  const given = new Set(kind === 'ticks' ? value.split(',') : [value]);
  // As in a list, the first choice is made where none is.
  const first = kind === 'choice' && !choices.some(([choice]) => given.has(choice)) ? choices[0]?.[0] : undefined;
  const type = kind === 'ticks' ? 'checkbox' : 'radio';
  return html`${choices.map(([choice, words]) => html`<label><input type="${type}" name="${name}" value="${choice}"${given.has(choice) || choice === first ? html` checked` : none}> ${words}</label>`)}`;
};

const inputOf = (field: Field, attributes: Html, value: string): Html => {
  if (field.kind === 'area') return html`<textarea rows="${String(field.rows ?? 3)}" ${attributes}>${value}</textarea>`;
  if (field.kind === 'choice')
    return html`<select ${attributes}>${field.choices.map(([choice, words]) => option(choice, words, choice === value))}</select>`;
  if (field.kind === 'secret')
    return html`<input type="password" value="${value}" autocomplete="new-password" ${attributes}>`;
  const type = field.kind === undefined || field.kind === 'number' ? 'text' : field.kind;
  const mode = field.kind === 'number' ? html` inputmode="decimal"` : none;
  return html`<input type="${type}" value="${value}" autocomplete="${'autocomplete' in field ? (field.autocomplete ?? 'off') : 'off'}"${mode} ${attributes}>`;
};

/** A form that is shown when a person asks for it; it is open after a refusal. */
export const disclosedForm = (summary: string, spec: Form, explanation: Html = none): Html =>
  !maySend(spec.sends)
    ? none
    : html`<details class="command"${spec.attempt?.form === spec.name ? html` open` : none}><summary>${summary}</summary>${explanation}${form(spec)}</details>`;
