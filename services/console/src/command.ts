import { Decimal } from '@arcadia/contracts';
import { ApiError, ApprovalNeeded, type Fault, type Sending } from '@arcadia/gateway-client';
import type { HttpContext } from './context.ts';
import { fileEnding } from './file-ending.ts';
import { type Attempt, refusedAttempt, someFieldsWrong } from './html/form.ts';
import { keptForm } from './html/kept-form.ts';

/** The values of a sent form, as text. */
export type Values = Readonly<Record<string, string>>;

/** What a form's command did, in a sentence, and the page that shows it. */
export type Done = { to: string; text: string };

export type Command = {
  /** The name of the form, as on its page. */
  form: string;
  /**
   * Sends the command: `sending` has the idempotency key, which makes sending the form twice take effect once, and the version that the
   * page showed. It may answer with a page of its own, for what is shown once. May throw ApiError or InvalidForm.
   */
  run: (values: Values, sending: Sending) => Promise<Done | Response>;
  /** Shows the page of the form again, with what was typed and what is wrong. */
  again: (attempt: Attempt) => Response | Promise<Response>;
  /** The field that a JSON pointer of the API names, where it is not the pointer's last part. */
  fieldOf?: (pointer: string) => string;
  /** The sentence about a fault, where the API's own is not enough. */
  detailOf?: (fault: Fault) => string;
  /** The field that a refusal is about, by its word, where the API names none. */
  fieldOfWord?: Readonly<Record<string, string>>;
};

/** A form whose fields cannot be sent as they are; each fault is a sentence beside its field. */
export class InvalidForm extends Error {
  override readonly name = 'InvalidForm';
  readonly faults: ReadonlyMap<string, string>;
  constructor(faults: Readonly<Record<string, string>>) {
    super(someFieldsWrong);
    this.faults = new Map(Object.entries(faults));
  }
}

const sendingOf = ({ idempotency_key, if_match }: Values): Sending => ({
  ...(idempotency_key === undefined ? {} : { idempotencyKey: idempotency_key }),
  ...(if_match === undefined || if_match === '' ? {} : { ifMatch: if_match }),
});

/** Handles a sent form: sends its command, then goes to the page that shows the effect, or shows the form again. */
export const handleForm = async (c: HttpContext, command: Command): Promise<Response> => {
  const values = await sentValues(c);
  try {
    const done = await command.run(values, sendingOf(values));
    return done instanceof Response ? done : await goTo(c, done);
  } catch (error) {
    if (error instanceof ApprovalNeeded) {
      const text = 'Nothing has been done yet: this command waits for a second person, who approves or denies it here.';
      return goTo(c, { to: `/approvals/${error.approvalId}`, text });
    }
    if (error instanceof InvalidForm)
      return again(c, command, { form: command.form, values, faults: error.faults, message: error.message });
    if (error instanceof ApiError && error.status !== 401 && error.status !== 404)
      return again(c, command, refusedAttempt({ ...command, values, fault: error }));
    throw error;
  }
};

/** Shows the page of the form again, or, where a service that it needs does not answer, what was entered alone. */
const again = async (c: HttpContext, command: Command, attempt: Attempt): Promise<Response> => {
  try {
    return await command.again(attempt);
  } catch (error) {
    if (error instanceof ApiError && error.status >= 500) return keptForm(c, attempt);
    throw error;
  }
};

/** The values of the form that a request sends. Boxes of one name that are ticked are one text, separated by commas. */
export const sentValues = async (c: HttpContext): Promise<Values> => {
  const values: Record<string, string> = {};
  const files: Record<string, string> = {};
  for (const [name, value] of Object.entries(await c.req.parseBody({ all: true }))) {
    if (!(value instanceof File)) values[name] = String(value);
    else if (value.size > 0) files[name.slice(0, -fileEnding.length)] = await value.text();
  }
  return { ...values, ...files };
};

const goTo = async (c: HttpContext, { to, text }: Done): Promise<Response> => {
  await c.get('ctx').cookies.leaveNotice(c, { text, isProblem: false });
  return c.redirect(to, 303);
};

/**
 * A number that a person typed without the commas between its thousands, as in `1,234.56`. Null where a comma stands elsewhere: in `12,50` it
 * is a decimal sign, and without it the number would be a hundred times as large.
 */
export const ungrouped = (text: string): string | null => {
  const trimmed = text.trim();
  if (!trimmed.includes(',')) return trimmed;
  return /^-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(trimmed) ? trimmed.replaceAll(',', '') : null;
};

/** The cents in an amount that a person typed, such as `12.50`; null for anything else. Exact: no fraction of a cent. */
export const centsIn = (text: string, exponent = 2): number | null => {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d*))?$/.exec(ungrouped(text) ?? '') ?? [];
  if (whole === '' || fraction.length > exponent) return null;
  return Number(`${sign}${whole}${fraction.padEnd(exponent, '0')}`);
};

/** A price that a person typed, in minor units with its fraction: `0.008` of two decimals is "0.8". Null for anything else. */
export const minorIn = (text: string, exponent = 2): string | null => {
  const trimmed = ungrouped(text);
  if (trimmed === null || !/^-?\d{1,12}(\.\d{1,15})?$/.test(trimmed)) return null;
  return new Decimal(trimmed).times(new Decimal(10).pow(exponent)).toFixed();
};

/** The fields of a form that hold something, without the spaces around it. */
export const entered = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value.trim() === '' ? [] : [[name, value.trim()]])),
  );
