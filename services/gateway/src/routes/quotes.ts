import { invoicing } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const quoteRoutes: readonly Route[] = [
  route('post', '/api/v1/quotes', invoicing.createQuote, { status: 201 }),
  route('get', '/api/v1/quotes/{quote_id}', invoicing.getQuote),
];
