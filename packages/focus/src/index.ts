export { serviceCategoryOf } from './categories.ts';
export { majorCell, monthCells } from './cells.ts';
export { type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
export { faultsOfRow } from './faults.ts';
export { focusParquet } from './parquet.ts';
