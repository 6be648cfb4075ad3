import PDFDocument from 'pdfkit';

/**
 * The bare limit of a document: its lines as text of four columns, 40 to a page, in a font that every viewer has, without any measuring
 * of text or layout. Imports none of our code.
 */
export function drawLines(lines: readonly (readonly string[])[]): Promise<Buffer> {
  const pdf = new PDFDocument({ size: 'A4', margin: 0, font: 'Helvetica' });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<Buffer>((resolve, reject) => {
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  for (const [index, cells] of lines.entries()) {
    if (index > 0 && index % 40 === 0) pdf.addPage();
    for (const [column, cell] of cells.entries())
      pdf.fontSize(8).text(cell, 40 + column * 125, 40 + (index % 40) * 18, { lineBreak: false });
  }
  pdf.end();
  return ended;
}
