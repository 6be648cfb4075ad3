import type { HttpContext } from '../context.ts';
import { inWords } from '../words/names.ts';
import { type Attempt, refusal } from './form.ts';
import { type Html, html, none } from './html.ts';
import { show, showBare } from './layout.ts';
import { facts, section } from './table.ts';

/** Values that a person does not enter, or that may not be read from the screen. */
const unseen = new Set(['idempotency_key', 'if_match', 'secret_access_key']);
/** Characters of an entered text that are shown; all of it is sent again. */
const shownAtMost = 500;

/** Whether a sent form holds something that a person entered. */
export const isEntered = (values: Attempt['values']): boolean => enteredIn(values).length > 0;

const enteredIn = (values: Attempt['values']): [name: string, value: string][] =>
  Object.entries(values).filter(([name, value]) => !unseen.has(name) && value.trim() !== '');

/**
 * What was entered into a form whose page cannot be made at the moment, because a service that the page needs does not answer. It can be
 * sent again as it is: with its idempotency key it takes effect once, even if the service did what it could not answer.
 */
export const keptForm = (c: HttpContext, attempt: Attempt): Promise<Response> =>
  show(c, {
    title: 'Not available at the moment',
    current: '',
    status: 503,
    body: html`${refusal(attempt)}
${keptValues(c, attempt.values)}`,
  });

/** The page that answers a form sent after the session has ended. The page alone holds the entries, and the person can send them again from it. */
export const keptUntilSignedIn = (c: HttpContext, values: Attempt['values'], signIn: string): Promise<Response> =>
  showBare(c, {
    title: 'You are signed out',
    status: 401,
    body: html`<p class="refused" role="alert" tabindex="-1" id="refused">Your session has ended, so nothing was done. Sign in in another tab, then send this form again.</p>
<p><a class="button" href="${signIn}" target="_blank" rel="noopener">Sign in</a></p>
${keptValues(c, values)}`,
  });

/** The entered values, and the form that sends all values again. */
const keptValues = (c: HttpContext, values: Attempt['values']): Html => {
  const { pathname, search } = new URL(c.req.url);
  const entered = enteredIn(values);
  return section(
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
    }<form method="post" action="${pathname}${search}" class="form">${Object.entries(values).map(([name, value]) => html`<textarea name="${name}" hidden>${value}</textarea>`)}<button type="submit">Send it again</button></form><p class="quiet">However often it is sent, it takes effect once.</p>`,
  );
};
