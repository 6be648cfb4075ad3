export { serviceCategoryOf } from './categories.ts';
export { majorCell, monthCells, unitCell } from './cells.ts';
export { type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
export { faultsOfColumns, faultsOfRow } from './faults.ts';
export { focusParquet } from './parquet.ts';
