import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const own = (name: string): string => path.join(import.meta.dirname, 'assets', name);
const require = createRequire(import.meta.url);

/** The files that pages load. All are served from here, none from elsewhere. */
const files: Readonly<Record<string, { file: string; mediaType: string }>> = {
  'console.css': { file: own('console.css'), mediaType: 'text/css; charset=utf-8' },
  'console.js': { file: own('console.js'), mediaType: 'text/javascript; charset=utf-8' },
  'htmx.js': { file: require.resolve('htmx.org/dist/htmx.min.js'), mediaType: 'text/javascript; charset=utf-8' },
  'icon.svg': { file: own('icon.svg'), mediaType: 'image/svg+xml' },
};

export type Asset = { mediaType: string; content: Uint8Array; zipped: Uint8Array; version: string };

export type Assets = {
  find(name: string): Asset | null;
  /** The address of a file, which changes with its content, so that browsers may keep it for ever. */
  address(name: string): string;
};

/** Reads and compresses the files once. */
export const loadAssets = (): Assets => {
  const loaded = new Map(
    Object.entries(files).map(([name, { file, mediaType }]): [string, Asset] => {
      const content = readFileSync(file);
      const zipped = gzipSync(content, { level: 9 });
      return [name, { mediaType, content, zipped, version: hash('sha256', content).slice(0, 12) }];
    }),
  );
  return {
    find: (name) => loaded.get(name) ?? null,
    address: (name) => `/assets/${name}?v=${loaded.get(name)?.version ?? ''}`,
  };
};
