// What makes spreadsheets take a cell for a formula, in either width; and the apostrophe itself, so that one more of it
// can be told from one that was there.
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

/**
 * Writes rows by RFC 4180: lines end with CRLF, and what has a comma, a quote or the end of a line in it is quoted.
 * Cells that begin or end with a space are too, for readers that would trim them.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** Puts an apostrophe before a text that a spreadsheet would compute, and before one that begins with an apostrophe. */
export function guarded(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
