/** A table as plain data, and its text for a terminal and for Markdown. */

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Limits, quotations and doubts, each once below the table. */
  readonly notes: readonly string[];
}

/** As text with aligned columns, for a terminal. */
export function toText({ title, head, rows, notes: below }: Table): string {
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => (row[i] as string).length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padStart(widths[i] as number))
      .join("  ")
      .trimEnd();
  return [title, "", line(head), ...rows.map(line), ...below.map((note) => `  ${note}`)].join("\n");
}

const markdownRow = (row: readonly string[]): string => `| ${row.join(" | ")} |`;

export function toMarkdown({ title, head, rows, notes: below }: Table): string {
  return [
    `**${title}**`,
    "",
    markdownRow(head),
    markdownRow(head.map(() => "---:")),
    ...rows.map(markdownRow),
    ...below.map((note) => `\n${note.replace(/^\*/, String.raw`\*`)}`),
  ].join("\n");
}
