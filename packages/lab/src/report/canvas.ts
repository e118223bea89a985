/**
 * Draws with characters. A character cell has two by four dots, which are the dots of a braille character.
 * Without braille, a cell with a dot is a full stop. The last series drawn in a cell gives it its colour.
 */

/** The bit of each dot of U+2800, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  private readonly dots: Uint8Array;
  private readonly letters: (string | undefined)[];
  private readonly owners: (string | undefined)[];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.dots = new Uint8Array(columns * rows);
    this.letters = Array.from({ length: columns * rows });
    this.owners = Array.from({ length: columns * rows });
  }

  /**
   * Draws a line between two places, every `gap`-th dot. Coordinates go from 0 to 1, from the lower
   * left.
   */
  line(from: Place, to: Place, owner: string, gap = 1): void {
    const [x1, y1] = this.dot(from);
    const [x2, y2] = this.dot(to);
    const steps = Math.max(1, Math.abs(x2 - x1), Math.abs(y2 - y1));
    for (let step = 0; step <= steps; step++) {
      if (step % gap !== 0) continue;
      const x = Math.round(x1 + ((x2 - x1) * step) / steps);
      const y = Math.round(y1 + ((y2 - y1) * step) / steps);
      const cell = (y >> 2) * this.columns + (x >> 1);
      const bit = DOTS[y & 3]?.[x & 1] ?? 0;
      // Two lines in one cell could not be told apart: the later one replaces the earlier.
      this.dots[cell] = this.owners[cell] === owner ? (this.dots[cell] ?? 0) | bit : bit;
      this.owners[cell] = owner;
      this.letters[cell] = undefined;
    }
  }

  letter(at: Place, letter: string, owner: string): void {
    const [x, y] = this.dot(at);
    const cell = (y >> 2) * this.columns + (x >> 1);
    this.letters[cell] = letter;
    this.owners[cell] = owner;
  }

  /** The rows from the top. `colour` is called for each cell that is not empty. */
  text(unicode: boolean, colour: (text: string, owner: string) => string): string[] {
    return Array.from({ length: this.rows }, (_, row) => {
      let line = "";
      for (let cell = row * this.columns; cell < (row + 1) * this.columns; cell++) {
        const owner = this.owners[cell];
        const dots = this.dots[cell] ?? 0;
        const text = this.letters[cell] ?? (unicode ? String.fromCodePoint(0x2800 + dots) : ".");
        line += owner === undefined ? " " : colour(text, owner);
      }
      return line.trimEnd();
    });
  }

  private dot([x, y]: Place): [number, number] {
    return [
      Math.round(clamp(x) * (this.columns * 2 - 1)),
      Math.round((1 - clamp(y)) * (this.rows * 4 - 1)),
    ];
  }
}

export type Place = readonly [x: number, y: number];

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
