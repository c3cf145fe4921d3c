import sharp from 'sharp';
import type { ImagePart } from '../../src/core/conversation.ts';

/** Drawings are this many pixels wide and high: more than the embedded model's eyes take. */
const EDGE = 256;

/** The strokes of the digits, in a box of 10 × 16. */
const STROKES = [
  'M5 0 C1 0 0 4 0 8 C0 12 1 16 5 16 C9 16 10 12 10 8 C10 4 9 0 5 0 Z',
  'M2 3 L6 0 L6 16',
  'M0 4 C0 -1 10 -1 10 4 C10 8 0 12 0 16 L10 16',
  'M0 2 C3 -1 10 -1 10 4 C10 7 7 8 4 8 C7 8 10 9 10 12 C10 17 3 17 0 14',
  'M8 16 L8 0 L0 11 L10 11',
  'M9 0 L1 0 L0 7 C4 5 10 6 10 11 C10 17 3 17 0 14',
  'M9 1 C4 -1 0 4 0 11 C0 17 10 18 10 11 C10 5 1 5 0 11',
  'M0 0 L10 0 L4 16',
  'M5 8 C-1 7 0 0 5 0 C10 0 11 7 5 8 C-2 9 -1 16 5 16 C11 16 12 9 5 8 Z',
  'M10 5 C9 11 0 11 0 5 C0 -2 10 -1 10 5 C10 12 6 17 1 15',
];

/** One figure around a point, as SVG. */
function figure(shape: string, colour: string, x: number, y: number, radius: number): string {
  const at = (dx: number, dy: number): string => `${x + dx * radius},${y + dy * radius}`;
  const corners = (points: readonly (readonly [number, number])[]): string =>
    `<polygon fill="${colour}" points="${points.map(([dx, dy]) => at(dx, dy)).join(' ')}"/>`;
  if (shape === 'circle') return `<circle fill="${colour}" cx="${x}" cy="${y}" r="${radius}"/>`;
  if (shape === 'triangle')
    return corners([
      [0, -1],
      [0.95, 0.75],
      [-0.95, 0.75],
    ]);
  return corners([
    [-0.87, -0.87],
    [0.87, -0.87],
    [0.87, 0.87],
    [-0.87, 0.87],
  ]);
}

async function picture(content: string): Promise<ImagePart> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${EDGE}" height="${EDGE}">${content}</svg>`;
  const data = (await sharp(Buffer.from(svg)).png().toBuffer()).toString('base64');
  return { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data } };
}

/** One large figure in the middle of white paper. */
export function drawOne(colour: string, shape: string): Promise<ImagePart> {
  return picture(figure(shape, colour, EDGE / 2, EDGE / 2, 80));
}

/** Places of up to five figures that do not touch. */
const PLACES = [
  [64, 70],
  [190, 60],
  [128, 130],
  [56, 196],
  [200, 190],
] as const;

/** So many figures of one kind, up to five. */
export function drawMany(count: number, colour: string, shape: string): Promise<ImagePart> {
  const places = PLACES.slice(0, count);
  return picture(places.map(([x, y]) => figure(shape, colour, x, y, 30)).join(''));
}

/** One large digit, in strokes. */
export function drawDigit(digit: number): Promise<ImagePart> {
  const stroke = 'fill="none" stroke="black" stroke-width="2.2" stroke-linejoin="round"';
  return picture(`<path transform="translate(68 32) scale(12)" ${stroke} d="${STROKES[digit]}"/>`);
}
