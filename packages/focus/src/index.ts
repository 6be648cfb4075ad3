export { serviceCategoryOf } from './categories.ts';
export { majorCell, majorDecimal, monthCells, unitCell } from './cells.ts';
export { columnsWithoutUnitPrices, type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
export { faultsOfColumns, faultsOfRow } from './faults.ts';
export { focusParquet } from './parquet.ts';
export { faultsOfRows } from './unit-price-faults.ts';
