import { isRefusal, type provisioning, refuse } from '@arcadia/contracts';
import { type ContractReply, errorText, type ReadRequest } from '@arcadia/platform';
import { providerOf } from '../clients/digitalocean.ts';
import type { Provider } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import type { QuotedRequest } from './define-saga.ts';
import { sagas } from './registry.ts';

type Contract = typeof provisioning.quoteSaga;

/** Quotes the provider's price of a saga, and the reasons for which the provider would refuse it. Changes nothing. */
export async function quoteSaga({ input, signal }: ReadRequest<Contract>, ctx: Context): ContractReply<Contract> {
  const request = sagas[input.kind].quote(input.inputs);
  if (isRefusal(request)) return request;
  try {
    return await quote(providerOf(ctx, signal), request);
  } catch (error) {
    return refuse('unavailable', `The provider did not answer: ${errorText(error)}`);
  }
}

async function quote(provider: Provider, request: QuotedRequest): ContractReply<Contract> {
  const sizes = await provider.sizes();
  const size = sizes.find(({ slug }) => slug === request.sizeSlug);
  if (size === undefined) return refuse('unknown-size', `The provider has no size ${request.sizeSlug}.`);
  return {
    size_slug: size.slug,
    price_monthly: size.priceMonthly,
    price_hourly: size.priceHourly,
    currency: 'USD',
    problems: await request.problems(provider, sizes),
  };
}
