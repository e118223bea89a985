/** A picture as a file: SVG and PNG with its title and the machine, CSV with every figure. */
import type { Picture } from "#lab/report/picture.js";
import { toCsv } from "#lab/report/picture-csv.js";
import { init, type Option } from "./chart-library.js";
import { escape } from "./escape.js";
import { FONT, LIGHT } from "./theme.js";

const WIDTH = 1200;
const HEAD = 64;
const FOOT = 40;

/** Draws the picture again, light and wide, for papers and slides rather than for the reader's screen. */
export function toSvg(picture: Picture, option: Option, height: number, source: string): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH - 40, height });
  chart.setOption(option);
  const drawn = chart.renderToSVGString();
  chart.dispose();
  const whole = HEAD + height + FOOT;
  const placed = drawn.replace("<svg ", `<svg x="20" y="${HEAD}" `);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${whole}" viewBox="0 0 ${WIDTH} ${whole}">` +
    `<rect width="100%" height="100%" fill="${LIGHT.page}"/>` +
    text(40, 22, LIGHT.text, picture.title) +
    placed +
    text(whole - 14, 12, LIGHT.faint, source) +
    `</svg>`
  );
}

/** Draws at twice the size, for screens with small pixels. */
async function toPng(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error("the browser could not make a PNG"));
      else resolve(blob);
    }, "image/png");
  });
}

export function saveCsv(picture: Picture): void {
  save(new Blob([toCsv(picture)], { type: "text/csv;charset=utf-8" }), `${nameOf(picture)}.csv`);
}

export function saveSvg(picture: Picture, svg: string): void {
  save(new Blob([svg], { type: "image/svg+xml" }), `${nameOf(picture)}.svg`);
}

export async function savePng(picture: Picture, svg: string): Promise<void> {
  save(await toPng(svg), `${nameOf(picture)}.png`);
}

const nameOf = ({ id }: Picture): string => `fibril-lab-${id}`;

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser uses the address when it starts to save, which is after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const text = (y: number, size: number, colour: string, words: string): string =>
  `<text x="24" y="${y}" font-family="${FONT}" font-size="${size}" fill="${colour}">${escape(words)}</text>`;
