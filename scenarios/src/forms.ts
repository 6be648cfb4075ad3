import { hiddenIn, type Shown, textOf, type Visitor } from './console-stage.ts';

/** The form with this name on a page, as a browser would send it unchanged. */
export const formOn = (
  html: string,
  name: string,
): { action: string; hidden: Record<string, string>; text: string } => {
  const [form = ''] = new RegExp(`<form [^>]*id="form-${name}"[\\s\\S]*?</form>`).exec(html) ?? [];
  if (form === '') throw new Error(`the page has no form ${name}`);
  return { action: /action="([^"]*)"/.exec(form)?.[1] ?? '', hidden: hiddenIn(form), text: form };
};

/** Sends a form of a page with these values, as if it was loaded anew with the version that the page showed. */
export const sendForm = (
  visitor: Visitor,
  page: Shown,
  name: string,
  values: Readonly<Record<string, string>> = {},
): Promise<Shown> => {
  const { action, hidden } = formOn(page.html, name);
  return visitor.post(action, { ...hidden, idempotency_key: crypto.randomUUID(), ...values });
};

/** The text of a refused form beside a field. */
export const faultBeside = (page: Shown, field: string): string =>
  textOf(new RegExp(`id="${field}-fault">([^<]*)<`).exec(page.html)?.[1] ?? '');

export const stale = 'It was changed since you opened this page, so nothing was done.';
