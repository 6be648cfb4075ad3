import { ApiError } from '@arcadia/gateway-client';
import { type Html, html, none } from './html.ts';

/** Data of one part of a page, or why it could not be read; `isHidden`: the person may not see it. */
export type Part<Value> = { value: Value } | { fault: ApiError } | { isHidden: true };

/**
 * Reads the data of a part of a page. A failure becomes part of the page, unless the session has ended. What the person's role does not
 * include is left out.
 */
export const part = async <Value>(reading: Promise<Value>): Promise<Part<Value>> => {
  try {
    return { value: await reading };
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return { isHidden: true };
    if (error instanceof ApiError && error.status !== 401) return { fault: error };
    throw error;
  }
};

/** The value of a part; null where it could not be read. */
export const valueOf = <Value>(read: Part<Value>): Value | null => ('value' in read ? read.value : null);

/** Shows a part, or the sentence about why it is missing; nothing where the person may not see it. */
export const shown = <Value>(read: Part<Value>, render: (value: Value) => Html): Html => {
  if ('value' in read) return render(read.value);
  return 'fault' in read ? missingPart(read.fault) : none;
};

/** The place of a part that could not be read. */
export const missingPart = (fault: ApiError): Html =>
  html`<p class="missing" role="status"><strong>This part is missing at the moment.</strong> ${fault.detail} <a href="">Read the page again</a></p>`;
