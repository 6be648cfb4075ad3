import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Measured } from './measured.ts';
import { pageOf } from './page.ts';
import { pictureOf } from './picture.ts';

const docs = path.resolve(import.meta.dirname, '../../../docs');

/** Keeps a measurement beside those of other sizes, and writes the page and its picture from all of them. */
export function keep(measured: Measured): void {
  const file = path.join(docs, 'scale.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Measured[]) : [];
  const others = kept.filter(({ resources }) => resources !== measured.resources);
  const all = [...others, measured].toSorted((a, b) => a.resources - b.resources);
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(path.join(docs, 'scale.md'), pageOf(all));
  writeFileSync(path.join(docs, 'scale.svg'), pictureOf(all));
}
