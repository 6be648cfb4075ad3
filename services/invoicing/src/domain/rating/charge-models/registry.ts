import type { PriceItem } from '../terms.ts';
import { bySize } from './by-size.ts';
import type { ChargeModel } from './charge-model.ts';
import { costPlus } from './cost-plus.ts';
import { graduated } from './graduated.ts';
import { packageModel } from './package.ts';
import { passThrough } from './pass-through.ts';
import { standard } from './standard.ts';
import { volume } from './volume.ts';

/** Every charge model of the contract; a word of the contract that is missing here does not compile. */
export const chargeModels: Record<PriceItem['charge_model'], ChargeModel> = {
  standard,
  graduated,
  volume,
  package: packageModel,
  by_size: bySize,
  cost_plus: costPlus,
  pass_through: passThrough,
};
