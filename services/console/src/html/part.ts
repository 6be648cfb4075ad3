import { ApiError } from '@arcadia/gateway-client';
import { type Html, html } from './html.ts';

/** Data of one part of a page, or why it could not be read. */
export type Part<Value> = { value: Value } | { fault: ApiError };

/**
 * Reads the data of a part of a page. A failure becomes part of the page, unless the session has ended or
 * the whole page is not for this person.
 */
export const part = async <Value>(reading: Promise<Value>): Promise<Part<Value>> => {
  try {
    return { value: await reading };
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401 && error.status !== 403) return { fault: error };
    throw error;
  }
};

/** The value of a part; null where it could not be read. */
export const valueOf = <Value>(read: Part<Value>): Value | null => ('value' in read ? read.value : null);

/** Shows a part, or the sentence about why it is missing. */
export const shown = <Value>(read: Part<Value>, render: (value: Value) => Html): Html =>
  'value' in read ? render(read.value) : missingPart(read.fault);

/** The place of a part that could not be read. */
export const missingPart = (fault: ApiError): Html =>
  html`<p class="missing" role="status"><strong>This part is missing at the moment.</strong> ${fault.detail} <a href="">Read the page again</a></p>`;
