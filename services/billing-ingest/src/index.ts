export { importCsv } from './import-csv.ts';
export { service } from './service.ts';
