import type { Migration } from 'kysely/migration';
import { up as catalog } from './0001-catalog.ts';
import { up as subscriptions } from './0002-subscriptions.ts';
import { up as usage } from './0003-usage.ts';
import { up as invoices } from './0004-invoices.ts';
import { up as marginAndAlerts } from './0005-margin-and-alerts.ts';
import { up as tenantMonths } from './0006-tenant-months.ts';
import { up as providerCostParts } from './0007-provider-cost-parts.ts';
import { up as invoiceLineGuard } from './0008-invoice-line-guard.ts';
import { up as billedFacts } from './0009-billed-facts.ts';
import { up as proofs } from './0010-proofs.ts';
import { up as tableComments } from './0011-table-comments.ts';
import { up as chargeModels } from './0012-charge-models.ts';
import { up as plansForNamedTenants } from './0013-plans-for-named-tenants.ts';
import { up as pricesByDimension } from './0014-prices-by-dimension.ts';
import { up as chargeModelParameters } from './0015-charge-model-parameters.ts';
import { up as documentNames } from './0016-document-names.ts';
import { up as billDifferences } from './0017-bill-differences.ts';
import { up as creditWithoutInvoice } from './0018-credit-without-invoice.ts';
import { up as usageKnown } from './0019-usage-known.ts';
import { up as payments } from './0020-payments.ts';
import { up as pricesByCost } from './0021-prices-by-cost.ts';
import { up as tenants } from './0022-tenants.ts';
import { up as providerBills } from './0023-provider-bills.ts';
import { up as tenantTerms } from './0024-tenant-terms.ts';
import { up as previews } from './0025-previews.ts';
import { up as prepaidCredits } from './0026-prepaid-credits.ts';
import { up as versionsOfHashes } from './0027-versions-of-hashes.ts';
import { up as endedAlerts } from './0028-ended-alerts.ts';
import { up as invoicesWithoutBill } from './0029-invoices-without-bill.ts';
import { up as replacedRows } from './0030-replaced-rows.ts';
import { up as mailRecipients } from './0031-mail-recipients.ts';
import { up as queuedRuns } from './0032-queued-runs.ts';
import { up as storedForms } from './0033-stored-forms.ts';
import { up as settledByCredit } from './0034-settled-by-credit.ts';

/** Appended, then frozen. */
export const migrations: Record<string, Migration> = {
  '0001-catalog': { up: catalog },
  '0002-subscriptions': { up: subscriptions },
  '0003-usage': { up: usage },
  '0004-invoices': { up: invoices },
  '0005-margin-and-alerts': { up: marginAndAlerts },
  '0006-tenant-months': { up: tenantMonths },
  '0007-provider-cost-parts': { up: providerCostParts },
  '0008-invoice-line-guard': { up: invoiceLineGuard },
  '0009-billed-facts': { up: billedFacts },
  '0010-proofs': { up: proofs },
  '0011-table-comments': { up: tableComments },
  '0012-charge-models': { up: chargeModels },
  '0013-plans-for-named-tenants': { up: plansForNamedTenants },
  '0014-prices-by-dimension': { up: pricesByDimension },
  '0015-charge-model-parameters': { up: chargeModelParameters },
  '0016-document-names': { up: documentNames },
  '0017-bill-differences': { up: billDifferences },
  '0018-credit-without-invoice': { up: creditWithoutInvoice },
  '0019-usage-known': { up: usageKnown },
  '0020-payments': { up: payments },
  '0021-prices-by-cost': { up: pricesByCost },
  '0022-tenants': { up: tenants },
  '0023-provider-bills': { up: providerBills },
  '0024-tenant-terms': { up: tenantTerms },
  '0025-previews': { up: previews },
  '0026-prepaid-credits': { up: prepaidCredits },
  '0027-versions-of-hashes': { up: versionsOfHashes },
  '0028-ended-alerts': { up: endedAlerts },
  '0029-invoices-without-bill': { up: invoicesWithoutBill },
  '0030-replaced-rows': { up: replacedRows },
  '0031-mail-recipients': { up: mailRecipients },
  '0032-queued-runs': { up: queuedRuns },
  '0033-stored-forms': { up: storedForms },
  '0034-settled-by-credit': { up: settledByCredit },
};
