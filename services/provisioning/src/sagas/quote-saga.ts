import { isRefusal, type provisioning, refuse } from '@arcadia/contracts';
import { type ContractReply, errorText, type ReadRequest } from '@arcadia/platform';
import { findExceededCap } from '../caps/find-exceeded-cap.ts';
import { providerOf } from '../clients/digitalocean.ts';
import type { Provider } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import type { QuotedRequest } from './define-saga.ts';
import { sagas } from './registry.ts';

type Contract = typeof provisioning.quoteSaga;

/** Quotes the provider's price of a saga, and the reasons for which it would be refused. Changes nothing. */
export async function quoteSaga({ input, signal }: ReadRequest<Contract>, ctx: Context): ContractReply<Contract> {
  const request = sagas[input.kind].quote(input.inputs);
  if (isRefusal(request)) return request;
  try {
    return await quote(ctx, providerOf(ctx, signal), request);
  } catch (error) {
    return refuse('unavailable', `The provider did not answer: ${errorText(error)}`);
  }
}

async function quote({ db, clock }: Context, provider: Provider, request: QuotedRequest): ContractReply<Contract> {
  const sizes = await provider.sizes();
  const size = sizes.find(({ slug }) => slug === request.sizeSlug);
  if (size === undefined) return refuse('unknown-size', `The provider has no size ${request.sizeSlug}.`);
  const refusal = await request.refusal(db);
  const { capped } = request;
  const exceeded =
    capped === undefined ? null : await findExceededCap(db, { ...capped, startedBefore: null, now: clock.now() });
  return {
    size_slug: size.slug,
    price_monthly: size.priceMonthly,
    price_hourly: size.priceHourly,
    currency: 'USD',
    problems: [
      ...(refusal === null ? [] : [refusal.detail]),
      ...(await request.problems(provider, sizes)),
      ...(exceeded === null ? [] : [exceeded.detail]),
    ],
  };
}
