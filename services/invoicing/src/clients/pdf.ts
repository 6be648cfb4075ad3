import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pdfmake from 'pdfmake';

/** Roboto comes with pdfmake and covers Latin, Greek and Cyrillic; the standard PDF fonts cover Western European only. */
const fonts = join(dirname(createRequire(import.meta.url).resolve('pdfmake/package.json')), 'fonts', 'Roboto');
const roboto = {
  normal: join(fonts, 'Roboto-Regular.ttf'),
  bold: join(fonts, 'Roboto-Medium.ttf'),
  italics: join(fonts, 'Roboto-Italic.ttf'),
  bolditalics: join(fonts, 'Roboto-MediumItalic.ttf'),
};

pdfmake.setFonts({ Roboto: roboto });
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy((path) => path.startsWith(fonts));

/** Renders a pdfmake document. It reads its own fonts and nothing else. */
export const renderPdf = async (document: object): Promise<Uint8Array> =>
  pdfmake.createPdf(document as Parameters<typeof pdfmake.createPdf>[0]).getBuffer();
