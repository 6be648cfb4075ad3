export {
  type CostImport,
  FinanceError,
  importCost,
  importReceivable,
  type ReceivableImport,
} from './client.ts';
export { type FinanceAccess, financeAccess, financeVariables } from './config.ts';
