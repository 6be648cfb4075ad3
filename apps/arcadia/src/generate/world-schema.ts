import { worldSchema } from '@arcadia/digitalocean-simulator';
import { z } from 'zod';

/** The form of a world file as JSON Schema, for editors and for people who write one. */
export const worldSchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(worldSchema, { io: 'input', unrepresentable: 'any' }), null, 2)}\n`;
