import { invoicing } from '@arcadia/contracts';
import { fileRoute } from '../file-route.ts';
import { type Route, route } from '../route.ts';

export const quoteRoutes: readonly Route[] = [
  route('post', '/api/v1/quotes', invoicing.createQuote, { status: 201, location: '/api/v1/quotes/{quote_id}' }),
  fileRoute('/api/v1/quotes/{quote_id}.pdf', invoicing.getQuotePdf, { mediaType: 'application/pdf' }),
  route('get', '/api/v1/quotes/{quote_id}', invoicing.getQuote),
];
