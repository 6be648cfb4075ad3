export {
  type CostImport,
  FinanceError,
  importCost,
  importReceivable,
  type ReceivableImport,
} from './client.ts';
export { type FinanceAccess, financeAccess } from './config.ts';
