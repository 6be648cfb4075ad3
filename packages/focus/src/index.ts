export { serviceCategoryOf } from './categories.ts';
export { majorCell, majorDecimal, monthCells, unitCell } from './cells.ts';
export { chargeColumns, costColumns, type FocusRow, focusCells, focusRowOf } from './columns.ts';
export { faultsOfColumns, faultsOfRow } from './faults.ts';
export { focusParquet } from './parquet.ts';
export { regionNameOf } from './regions.ts';
export { faultsOfRows } from './unit-price-faults.ts';
