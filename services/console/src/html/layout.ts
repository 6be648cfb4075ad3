import type { RequestContract } from '@arcadia/contracts';
import { ApiError } from '@arcadia/gateway-client';
import type { HttpContext } from '../context.ts';
import { maySend } from '../permission.ts';
import type { Person } from '../session.ts';
import type { Notice } from '../sign-in/cookies.ts';
import { roleInWords } from '../words/roles.ts';
import { type Attempt, refusal } from './form.ts';
import { type Html, html, joined, none } from './html.ts';
import { navigationFor, readOfEntry } from './navigation.ts';

export type Crumb = readonly [words: string, href: string];

export type Page = {
  title: string;
  /** The entry of the navigation that the page belongs to, such as `/invoices`. */
  current: string;
  /** The way to the page, from the entry of the navigation on. */
  crumbs?: readonly Crumb[];
  /** What stands beside the title, such as a status. */
  beside?: Html;
  /** One sentence below the title. */
  lead?: Html | string;
  body: Html;
  /** The form that was sent and refused. Where the page no longer has that form, its refusal stands above the content. */
  attempt?: Attempt | null;
  /** Types of events that change what the page shows; while it is looked at, it reads itself again when one is published. */
  live?: readonly string[];
  /** The request that the page is for, where a role may need more than the page's entry of the navigation: a page that is one form. */
  needs?: Pick<RequestContract, 'roles'>;
  status?: 200 | 403 | 404 | 422 | 500 | 503;
};

/** Answers with a page of the console for the signed-in person. */
export const show = async (c: HttpContext, page: Page): Promise<Response> => {
  const { cookies } = c.get('ctx');
  const { person } = c.get('session');
  mustInclude(person, page);
  const notice = await cookies.takeNotice(c);
  const crumbs = page.crumbs ?? [];
  const attempt = page.attempt ?? null;
  const body = await page.body;
  const isLost = attempt !== null && !String(body).includes('id="refused"');
  const content = html`<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><a class="brand" href="/" aria-label="Arcadia Cloud, first page">${mark}<span>Arcadia Cloud</span></a>
<form class="find" role="search" action="/find"><label class="unseen" for="find">Find an invoice, a tenant or a deployment</label><input id="find" name="q" type="search" placeholder="${person.tenantId === null ? 'Invoice number, tenant, deployment' : 'Invoice number, deployment'}" autocomplete="off"></form>
<button class="open-menu" type="button" popovertarget="menu">Menu</button></header>
<div class="frame"><nav id="menu" class="menu" popover aria-label="Main"><div class="entries">${menu(person, page.current)}</div></nav>
<main id="main" tabindex="-1"${page.live === undefined ? none : html` data-live="${page.live.join(' ')}"`}><p class="missing" id="changed" role="status" hidden>Something on this page has changed. <a href="">Read it again</a></p>${notice === null ? none : noticeLine(notice)}
${
  crumbs.length === 0
    ? none
    : html`<nav class="crumbs" aria-label="The way here">${joined(
        crumbs.map(([words, href]) => html`<a href="${href}">${words}</a>`),
        ' › ',
      )}</nav>`
}
<div class="title"><h1>${page.title}</h1>${page.beside ?? none}</div>
${page.lead === undefined ? none : html`<p class="lead">${page.lead}</p>`}
${isLost ? refusal(attempt) : none}${body}</main></div>`;
  return c.html(documentOf(c, page.title, content), page.status ?? (attempt === null ? 200 : 422));
};

/** Refuses a page that the roles of the person do not include. */
const mustInclude = (person: Person, { title, current, needs }: Page): void => {
  const contract = needs ?? readOfEntry(person, current);
  if (contract === null || maySend(contract)) return;
  const detail = `“${title}” is not for ${roleOf(person)}.`;
  throw new ApiError(detail, { status: 403, type: '/problems/forbidden', detail });
};

/** A page without navigation, for a person who is not signed in. */
export const showBare = async (
  c: HttpContext,
  page: { title: string; body: Html; status?: 200 | 400 | 401 | 403 | 503; refresh?: string },
): Promise<Response> => {
  const content = html`<main id="main" class="bare"><p class="brand">${mark}<span>Arcadia Cloud</span></p><h1>${page.title}</h1>${page.body}</main>`;
  return c.html(documentOf(c, page.title, content, page.refresh), page.status ?? 200);
};

const menu = (person: Person, current: string): Html => {
  return html`${navigationFor(person).map(
    ({ name, entries }) =>
      html`${name === null ? none : html`<h2>${name}</h2>`}<ul>${entries.map(
        ([words, href]) =>
          html`<li><a href="${href}"${href === current ? html` aria-current="page"` : none}>${words}</a></li>`,
      )}</ul>`,
  )}<div class="who"><p><strong>${person.subject}</strong> <span class="quiet">${roleOf(person)}</span></p><form method="post" action="/sign-out"><button type="submit" class="plain">Sign out</button></form></div>`;
};

/** The role of a person beside the name. */
const roleOf = ({ tenantId, roles }: Person): string =>
  tenantId === null
    ? roles.map((role) => roleInWords(role, null)).join(', ')
    : roleInWords(roles.includes('tenant') ? 'tenant' : 'tenant_viewer', tenantId);

const noticeLine = ({ text, isProblem }: Notice): Html =>
  html`<p class="${isProblem ? 'refused' : 'done'}" role="${isProblem ? 'alert' : 'status'}">${text}</p>`;

const mark: Html = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M7 23 14.2 8.6a2 2 0 0 1 3.6 0L25 23M11.5 18.5h9"/></svg>`;

const documentOf = (c: HttpContext, title: string, content: Html, refresh?: string): Html => {
  const { assets } = c.get('ctx');
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
${refresh === undefined ? none : html`<meta http-equiv="refresh" content="0;url=${refresh}">`}
<title>${title} · Arcadia Cloud</title>
<meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false}'>
<link rel="icon" href="${assets.address('icon.svg')}"><link rel="stylesheet" href="${assets.address('console.css')}">
<script src="${assets.address('htmx.js')}" defer></script><script src="${assets.address('console.js')}" defer></script>
</head><body>
${content}
</body></html>`;
};
