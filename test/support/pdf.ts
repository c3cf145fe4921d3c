import { deflateSync } from 'node:zlib';

/** Page of a PDF: lines of text, on a background. */
export interface WrittenPage {
  readonly lines: readonly string[];
  /** Background as red, green and blue of 0 to 1. Default: none. */
  readonly colour?: readonly [number, number, number];
}

interface PdfOptions {
  /** Count of pages that the file claims to have. */
  readonly claimedPages?: number;
  /** The file needs a password. */
  readonly encrypted?: boolean;
}

/** Writes a PDF with these pages, of 200 by 200 points each. */
export function writePdf(
  pages: readonly (WrittenPage | string)[],
  { claimedPages = pages.length, encrypted = false }: PdfOptions = {},
): Buffer {
  const written = pages.map((page) => (typeof page === 'string' ? { lines: [page] } : page));
  const kids = written.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  return assemble(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Kids [${kids}] /Count ${claimedPages} >>`,
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      ...written.flatMap((page, index) => [
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]' +
          ` /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`,
        stream(Buffer.from(drawing(page))),
      ]),
    ],
    encrypted ? encryption() : '',
  );
}

/** PDF with one page whose content decompresses to some bytes of text. */
export function writeBomb(bytes: number): Buffer {
  const content = Buffer.alloc(bytes, 'BT /F1 12 Tf (bomb) Tj ET\n');
  return assemble([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [4 0 R] /Count 1 >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>',
    stream(deflateSync(content), '/Filter /FlateDecode'),
  ]);
}

function drawing({ lines, colour }: WrittenPage): string {
  const background = colour === undefined ? '' : `${colour.join(' ')} rg 0 0 200 200 re f 0 g\n`;
  const shown = lines.map((line) => `(${line.replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj T*`);
  return `${background}BT /F1 10 Tf 12 TL 10 180 Td\n${shown.join('\n')}\nET`;
}

function stream(content: Buffer, filter = ''): string {
  const body = content.toString('latin1');
  return `<< /Length ${content.length} ${filter} >>\nstream\n${body}\nendstream`;
}

/** Encryption by a password that no one knows. */
function encryption(): string {
  const hex = (byte: string) => `<${byte.repeat(32)}>`;
  const keys = `/O ${hex('ab')} /U ${hex('cd')} /P -4`;
  return `/Encrypt << /Filter /Standard /V 1 /R 2 ${keys} >> /ID [${hex('01')} ${hex('01')}]`;
}

function assemble(objects: readonly string[], trailer = ''): Buffer {
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${file}xref\n0 ${size}\n0000000000 65535 f \n${table}` +
      `trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${file.length}\n%%EOF\n`,
    'latin1',
  );
}
