/** Of values that were measured in turn. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * How two columns of measurements compare, row by row: what slows the machine down for a while
 * slows both of a row, so that their ratio is steadier than the ratio of the medians.
 */
export function pairedRatio(upper: readonly number[], lower: readonly number[]): Spread {
  const ratios = upper.map((value, round) => value / (lower[round] ?? NaN));
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}
