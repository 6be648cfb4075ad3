import { z } from 'zod';
import { uuid } from './ids.ts';

// Fields that several contracts share, each with its description. A contract that means more by a field describes it again:
// `.describe()` on the outermost schema, after `.nullable()`, `.optional()` or `.default()`.

/** Id of a deployment. */
export const deploymentIdField = uuid.describe('Id of the deployment.');

/** Id of a resource, the same in every service. */
export const resourceIdField = uuid.describe('Id of the resource, the same in every service.');

/** Name of the cloud provider. */
export const providerField = z.string().meta({ description: 'Name of the cloud provider.', example: 'digitalocean' });

/** Kind of a resource. */
export const resourceKindField = z.string().meta({ description: 'Kind of the resource.', example: 'droplet' });

/** Id that the provider gave a resource. */
export const providerIdField = z
  .string()
  .meta({ description: 'Id that the provider gave the resource.', example: '3164494' });

/** Size of a droplet in the provider's words. */
export const sizeSlugField = z
  .string()
  .meta({ description: "The provider's name of the size.", example: 's-2vcpu-4gb' });

/** A sha256 digest in hex. */
export const hashField = z.string().meta({
  description: 'A sha256 digest, 64 hexadecimal digits.',
  example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
});

/** A whole number in a path or a query string, which knows only text: digits alone, without a sign or leading zeros. */
export const countField = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^(0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value),
    z
      .int(`a whole number from ${least} to ${most}, in digits`)
      .min(least, `at least ${least}`)
      .max(most, `at most ${most}`),
  );

/** A boolean parameter of a query string, which knows only text. */
export const flagField = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);
