import type { DivisibleArray } from '@arcadia/contracts';

/** An event is too large for one message and cannot be divided into parts. */
export class OversizedError extends Error {
  override name = 'OversizedError';
}

type Fields = Record<string, unknown>;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const itemsOf = (value: Fields, array: string): readonly unknown[] => {
  const items = value[array];
  return Array.isArray(items) ? items : [];
};

/**
 * Divides a value at the items of its divisible arrays. Each part carries all other fields and some consecutive items; an item
 * that does not fit into a part is divided likewise, at the items of its own arrays.
 * @param to the bytes that a part may have as JSON, and the name of the whole in errors
 * @throws OversizedError when one item, or the rest of the value, does not fit into a part
 */
export function divide(value: Fields, arrays: readonly DivisibleArray[], to: { room: number; name: string }): Fields[] {
  if (arrays.length === 0)
    throw new OversizedError(`${to.name} is larger than ${to.room} bytes and its contract does not allow parts`);
  const empty = { ...value, ...Object.fromEntries(arrays.map(({ array }) => [array, []])) };
  const room = to.room - bytesOf(empty);
  const names = arrays.map(({ array }) => array).join(' and ');
  if (room <= 0) throw new OversizedError(`${to.name} is too large even without its ${names}`);
  const parts: Fields[] = [];
  let part: Record<string, unknown[]> = {};
  let used = 0;
  for (const { array, item } of arrays) {
    for (const each of itemsOf(value, array).flatMap((one) => piecesOf(one, item, { room, name: to.name, array }))) {
      if (used + each.bytes > room) {
        parts.push({ ...empty, ...part });
        part = {};
        used = 0;
      }
      (part[array] ??= []).push(each.value);
      used += each.bytes;
    }
  }
  return [...parts, { ...empty, ...part }];
}

type Piece = { value: unknown; bytes: number };

/** An item whole, or its pieces when it is larger than a part; each with its bytes and those of a comma. */
function piecesOf(
  value: unknown,
  divisible: DivisibleArray['item'],
  within: { room: number; name: string; array: string },
): Piece[] {
  const bytes = bytesOf(value) + 1;
  if (bytes <= within.room) return [{ value, bytes }];
  if (divisible === undefined)
    throw new OversizedError(`one of the ${within.array} of ${within.name} is too large for a message by itself`);
  const arrays = divisible.arrays.map((array) => ({ array }));
  const pieces = divide(value as Fields, arrays, {
    room: within.room - 1,
    name: `one of the ${within.array} of ${within.name}`,
  });
  return pieces.map((piece) => ({ value: piece, bytes: bytesOf(piece) + 1 }));
}

/**
 * Joins all parts of a value, given in their order, to the whole: the items in their order, and the pieces of an item, which
 * follow each other with the same key, to that item.
 * @throws RangeError when a part lacks one of the arrays
 */
export function joinDivided(parts: readonly Fields[], arrays: readonly DivisibleArray[]): Fields {
  const whole: Fields = { ...parts[0] };
  for (const { array, item } of arrays) {
    const items = parts.flatMap((part) => {
      const run = part[array];
      if (!Array.isArray(run)) throw new RangeError(`a part has no array \`${array}\``);
      return run as unknown[];
    });
    whole[array] = item === undefined ? items : joinPieces(items as Fields[], item);
  }
  return whole;
}

function joinPieces(pieces: readonly Fields[], { key, arrays }: NonNullable<DivisibleArray['item']>): Fields[] {
  const items: Fields[] = [];
  for (const piece of pieces) {
    const last = items.at(-1);
    if (last === undefined || last[key] !== piece[key]) items.push({ ...piece });
    else for (const array of arrays) last[array] = [...itemsOf(last, array), ...itemsOf(piece, array)];
  }
  return items;
}
