export { importCsv } from './invoices/import-csv.ts';
export { service } from './service.ts';
