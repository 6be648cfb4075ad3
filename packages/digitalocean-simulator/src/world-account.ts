import { z } from 'zod';

/** The account and its team. */
export const account = z.strictObject({
  email: z.string().default('operator@example.com'),
  name: z.string().default('Example Operator'),
  uuid: z.string().default('5df3e3004a17e242b7c20ca6c9fc25b701a47ece'),
  team_uuid: z.string().default('b6ad89dbf6d9156cace5f3c78dc9851d957381ef'),
  team_name: z.string().default('Example Team'),
  droplet_limit: z.number().int().default(100),
  status: z.string().default('active'),
});

/** The provider's limits of requests. */
export const rateLimit = z.strictObject({
  per_hour: z.number().int().positive().default(5000),
  per_minute: z.number().int().positive().default(250),
});

/** The provider's behaviour where worlds differ. */
export const behaviour = z.strictObject({
  action_polls: z.number().int().min(0).default(1).describe('An action completes after this many reads,'),
  action_seconds: z.number().int().min(0).default(45).describe("or after this many seconds of the simulator's time."),
  resize_requires_off: z
    .boolean()
    .default(false)
    .describe('Refuse to resize a running droplet instead of stopping it.'),
});
