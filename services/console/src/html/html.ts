import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export { html };

/** Escaped HTML, as the tag `html` makes it. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Nothing. */
export const none: Html = html``;

/** The parts, one after the other. */
export const all = (parts: readonly (Html | string)[]): Html => html`${[...parts]}`;

/** The parts with a separator between them. */
export const joined = (parts: readonly (Html | string)[], separator: string): Html =>
  all(parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part])));
