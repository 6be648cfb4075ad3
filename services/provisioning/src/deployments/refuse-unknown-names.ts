import { nearWords, type provisioning, type Refusal, type RequestInput, refuse } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { refuseUnknownOffers } from '../offers/refuse-unknown-offers.ts';
import { refuseUnknownBindings } from './refuse-unknown-bindings.ts';

type Given = Pick<
  RequestInput<typeof provisioning.updateDeployment>,
  'region' | 'template_code' | 'project_bindings' | 'tag_bindings' | 'allow_unknown_bindings'
> & { deployment_id?: string | undefined };

type NameRefusal = Refusal<'unknown-binding' | 'unknown-template' | 'unknown-region'>;

/** The refusal of the first template, region, project or tag of a deployment that does not exist; null if all do. */
export const refuseUnknownNames = async (
  ctx: Context,
  { input, signal }: { input: Given; signal: AbortSignal },
): Promise<NameRefusal | null> =>
  refuseUnknownTemplate(ctx, input.template_code ?? null) ??
  (await refuseUnknownOffers(ctx, { region: input.region }, signal)) ??
  refuseUnknownBindings(ctx, input);

/** Without a list of templates any code is accepted. */
const refuseUnknownTemplate = (
  { config: { templates } }: Context,
  code: string | null,
): Refusal<'unknown-template'> | null => {
  if (code === null || templates === null || templates.includes(code)) return null;
  const near = nearWords(code, templates);
  const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
  return refuse('unknown-template', `There is no template ${code}.${hint}`, { name: code, near });
};
