import { openApiOfRoutes } from '@arcadia/gateway';

/** The OpenAPI document that the gateway serves, as text. */
export const openApiText = (): string => `${JSON.stringify(openApiOfRoutes(), null, 2)}\n`;
