import { worldSchema } from '@arcadia/digitalocean-simulator';
import { z } from 'zod';

/** The JSON Schema of a world file, for editors and for authors of worlds. */
export const worldSchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(worldSchema, { io: 'input', unrepresentable: 'any' }), null, 2)}\n`;
