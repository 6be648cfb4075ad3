export { serviceCategoryOf } from './categories.ts';
export { type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
export { faultsOfRow } from './faults.ts';
export { focusParquet } from './parquet.ts';
