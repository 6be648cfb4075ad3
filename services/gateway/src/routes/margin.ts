import { invoicing } from '@arcadia/contracts';
import { fileRoute } from '../file-route.ts';
import { type Route, route } from '../route.ts';

export const marginRoutes: readonly Route[] = [
  route('get', '/api/v1/margin', invoicing.getMargin),
  route('get', '/api/v1/margin/without-payer', invoicing.listWithoutPayer),
  route('get', '/api/v1/margin/resources', invoicing.listResourceEarnings),
  fileRoute('/api/v1/margin.csv', invoicing.getMarginCsv, { mediaType: 'text/csv' }),
];
