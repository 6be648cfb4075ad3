export { type FinanceStandIn, type Imported, startFinanceStandIn } from './finance-stand-in.ts';
