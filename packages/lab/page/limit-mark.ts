/** A cross where a runtime stopped, with its text, and a dotted line down to the axis. */
import type { Series } from "#lab/report/picture.js";
import type { Drawing } from "./chart-library.js";
import { colourOf, FONT, type Theme } from "./theme.js";

export interface Around {
  readonly theme: Theme;
  readonly narrow: boolean;
  /** Whether the text beside the cross would cover other lines: then it stands at the axis. */
  readonly crowded: boolean;
}

/** Room that the text takes, in pixels. */
const WORDS = 150;

interface Area {
  readonly coordSys: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}

export function limitMark({ runtime, name, stop }: Series, around: Around): object {
  const { theme, narrow } = around;
  const colour = colourOf(runtime, theme);
  const size = narrow ? 6 : 8;
  return {
    type: "custom",
    silent: true,
    z: 6,
    data: stop === undefined ? [] : [[stop.x, stop.y]],
    renderItem: ({ coordSys }: Area, api: Drawing) => {
      const [x, y] = api.coord([api.value(0), api.value(1)]);
      const bottom = coordSys.y + coordSys.height;
      const right = coordSys.x + coordSys.width;
      const line = (x1: number, y1: number, x2: number, y2: number, style: object): object => ({
        type: "line",
        shape: { x1, y1, x2, y2 },
        style: { stroke: colour, ...style },
      });
      return {
        type: "group",
        children: [
          line(x, y, x, bottom, { lineWidth: 1, lineDash: [2, 3] }),
          line(x - size, y - size, x + size, y + size, { lineWidth: 3 }),
          line(x - size, y + size, x + size, y - size, { lineWidth: 3 }),
          {
            type: "text",
            style: {
              text: `${name}\n${stop?.text ?? ""}`,
              ...wordsPlace(x, y, size, bottom, right, around),
              fill: colour,
              // So that a line behind the text is visible, and the text is readable.
              stroke: theme.page,
              lineWidth: 4,
              font: `600 ${narrow ? 12 : 13}px ${FONT}`,
              lineHeight: 17,
            },
          },
        ],
      };
    },
  };
}

/** The text is beside the cross where there is room, otherwise above it; in a crowd, at the axis. */
function wordsPlace(
  x: number,
  y: number,
  size: number,
  bottom: number,
  right: number,
  { crowded }: Around,
): object {
  const fits = x + WORDS < right;
  const align = fits ? "left" : "right";
  if (crowded) return { x: fits ? x + 6 : x - 6, y: bottom - 4, align, verticalAlign: "bottom" };
  if (fits) return { x: x + size + 6, y, align, verticalAlign: "middle" };
  // A falling line comes from the upper left, so there is room above the cross on the right.
  return { x: right, y: y - size - 8, align: "right", verticalAlign: "bottom" };
}
