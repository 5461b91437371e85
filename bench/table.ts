/** A column of a Markdown table: its head, and whether it holds figures. */
export type Column = readonly [head: string, alignment?: 'right'];

/** Cells are padded, so that the table can be read in a terminal too. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map(([head], column) =>
    Math.max(head.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(([, alignment], column) => {
      const [cell = '', width = 0] = [cells[column], widths[column]];
      return alignment === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = columns.map(([, alignment], column) => {
    const width = widths[column] ?? 3;
    return alignment === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width);
  });
  return [line(columns.map(([head]) => head)), line(rule), ...rows.map(line)];
}
