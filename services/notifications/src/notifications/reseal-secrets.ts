import type { Context } from '../context.ts';
import { replaceSealed, type SealedTable, sealedTables, textsSealedOtherwise } from '../store/sealed-texts.ts';
import { open, prefixOf, seal } from './sealing.ts';

/** How many secrets are encrypted anew in one transaction. */
const atOnce = 200;

/**
 * Encrypts with the first key every secret that another key encrypted, so that the other keys can be removed from the settings. A secret that
 * no key of the settings decrypts stays as it is: its deliveries and runs name it.
 */
export async function resealSecrets(ctx: Context): Promise<void> {
  for (const place of sealedTables) await resealTable(ctx, place);
}

async function resealTable(ctx: Context, place: SealedTable): Promise<void> {
  const { keys } = ctx.config;
  let after: string | null = null;
  do {
    after = await ctx.transact(async (tx) => {
      const rows = await textsSealedOtherwise(tx.sql, place, { prefix: prefixOf(keys), after, limit: atOnce });
      for (const { id, sealed } of rows) {
        const text = tryOpen(sealed, keys);
        if (text !== null) await replaceSealed(tx.sql, place, { id, sealed: seal(text, keys) });
      }
      return rows.at(-1)?.id ?? null;
    });
  } while (after !== null);
}

function tryOpen(sealed: string, keys: readonly string[]): string | null {
  try {
    return open(sealed, keys);
  } catch {
    return null;
  }
}
