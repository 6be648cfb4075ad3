import type { HttpContext } from '../context.ts';
import { inWords } from '../words/names.ts';
import { type Attempt, refusal } from './form.ts';
import { html, none } from './html.ts';
import { show } from './layout.ts';
import { facts, section } from './table.ts';

/** Values that a person does not enter. */
const unseen = new Set(['idempotency_key', 'if_match']);
/** Characters of an entered text that are shown; all of it is sent again. */
const shownAtMost = 500;

/**
 * What was entered into a form whose page cannot be made at the moment, because a service that the page needs does not answer. It can be
 * sent again as it is: with its idempotency key it takes effect once, even if the service did what it could not answer.
 */
export const keptForm = (c: HttpContext, attempt: Attempt): Promise<Response> => {
  const { pathname, search } = new URL(c.req.url);
  const entered = Object.entries(attempt.values).filter(([name, value]) => !unseen.has(name) && value.trim() !== '');
  return show(c, {
    title: 'Not available at the moment',
    current: '',
    status: 503,
    body: html`${refusal(attempt)}
${section(
  'What you entered is kept',
  html`${
    entered.length === 0
      ? none
      : facts(
          entered.map(([name, value]) => [
            inWords(name),
            value.length > shownAtMost ? `${value.slice(0, shownAtMost)}…` : value,
          ]),
        )
  }<form method="post" action="${pathname}${search}" class="form">${Object.entries(attempt.values).map(([name, value]) => html`<textarea name="${name}" hidden>${value}</textarea>`)}<button type="submit">Send it again</button></form><p class="quiet">However often it is sent, it takes effect once.</p>`,
)}`,
  });
};
