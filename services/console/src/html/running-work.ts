import { durationText, time } from '../words/time.ts';
import type { Work, WorkName } from '../work.ts';
import { type Html, html, none } from './html.ts';
import { address } from './list.ts';

/** Works that are shown at most; the others are counted. */
const worksAtMost = 10;

/**
 * What runs at the moment: what each work does, how far it is and how long it will still take. It follows the services by itself and
 * leaves the rest of the page alone; when the work is over, the page reads itself again. Without JavaScript a link does.
 * `isExpected`: work that was requested a moment ago may not have begun, so the page looks again.
 */
export const runningWork = (
  works: readonly Work[],
  page: { name: WorkName; about: string; path: string; isExpected?: boolean },
): Html => {
  if (works.length === 0) return page.isExpected === true ? readAgain : none;
  const feed = address(`/work/${page.name}`, { about: page.about });
  return html`<section class="panel working" aria-label="Work in progress"><header><h2>Work in progress</h2><a href="${page.path}">Read again</a></header>
<div id="work" data-feed="${feed}">${workList(works)}</div></section>`;
};

/** Has the page read itself again every second, unless a form on it is open or being filled in. */
export const readAgain: Html = html`<div data-read-again hidden></div>`;

/** The works, each with its bar. */
export const workList = (works: readonly Work[]): Html =>
  html`<ul class="todo">${works.slice(0, worksAtMost).map(lineOf)}</ul>${works.length > worksAtMost ? html`<p class="quiet">and ${works.length - worksAtMost} more</p>` : none}`;

const lineOf = (work: Work, index: number): Html => {
  const { doing, done, of, since, note } = work;
  const isKnown = done !== null && of !== null && of > 0;
  const bar = isKnown
    ? html`<progress max="${of}" value="${done}" aria-labelledby="work-${index}"></progress>`
    : html`<progress aria-labelledby="work-${index}"></progress>`;
  return html`<li><p><span id="work-${index}">${doing}${isKnown ? `: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}` : ''}</span>${bar}<span class="quiet">Since ${time(since)}${isKnown ? html`, ${remaining(work, done, of)}` : none}${note === null ? none : html`; ${note}`}</span></p></li>`;
};

/** How long the rest will take if it goes on as until now. */
const remaining = ({ since, elapsedMs }: Work, done: number, of: number): string => {
  if (done >= of) return 'almost done';
  if (done === 0) return 'not known yet how long';
  const now = Temporal.Now.instant();
  const passed = elapsedMs ?? Temporal.Instant.from(since).until(now).total('milliseconds');
  const left = Math.max(0, Math.round((passed * (of - done)) / done));
  const inWords = durationText(now.toString(), now.add({ milliseconds: left }).toString());
  return left < 1_000 ? `${inWords} left` : `about ${inWords} left`;
};
