import { provisioning, type Refusal, type RequestInput, type RequestOutput, refuse } from '@arcadia/contracts';
import { errorText } from '@arcadia/platform';
import type { Provider } from './clients/provider.ts';
import { provisionProblems, resizeProblems } from './domain/provision-check.ts';

type Quote = RequestOutput<typeof provisioning.quoteSaga>;

/** What it would cost, and whether the provider would take it; shown before anything is begun. */
export async function quoteSaga(
  provider: Provider,
  input: RequestInput<typeof provisioning.quoteSaga>,
): Promise<Quote | Refusal> {
  const schema = input.kind === 'provision_droplet' ? provisioning.sagaInputs.provision_droplet : resizeQuoted;
  const parsed = schema.safeParse(input.inputs);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      pointer: `/inputs/${path.join('/')}`,
      detail: message,
    }));
    return refuse('invalid-inputs', `These are no inputs of ${input.kind}; see errors.`, { errors });
  }
  try {
    return await quote(provider, parsed.data);
  } catch (error) {
    return refuse('unavailable', `The provider did not answer: ${errorText(error)}`);
  }
}

const resizeQuoted = provisioning.sagaInputs.resize_droplet.partial({ confirm: true });

async function quote(
  provider: Provider,
  asked:
    | { size_slug: string; region: string; image: string }
    | { size_slug: string; provider_id: string; disk: boolean },
): Promise<Quote | Refusal> {
  const sizes = await provider.sizes();
  const size = sizes.find(({ slug }) => slug === asked.size_slug);
  if (size === undefined) return refuse('unknown-size', `The provider has no size ${asked.size_slug}.`);
  return {
    size_slug: size.slug,
    price_monthly: size.priceMonthly,
    price_hourly: size.priceHourly,
    currency: 'USD',
    problems:
      'region' in asked
        ? provisionProblems(asked, {
            sizes,
            regions: await provider.regions(),
            image: await provider.image(asked.image),
          })
        : await problemsOf(provider, asked, sizes),
  };
}

async function problemsOf(
  provider: Provider,
  asked: { size_slug: string; provider_id: string; disk: boolean },
  sizes: Awaited<ReturnType<Provider['sizes']>>,
): Promise<string[]> {
  const droplet = await provider.droplet(asked.provider_id);
  return droplet === null ? [`There is no droplet ${asked.provider_id}.`] : resizeProblems(asked, droplet, { sizes });
}
