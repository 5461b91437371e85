export const KIB = 2 ** 10;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** As in "31.4 ms" and "1.57 s". */
export function showTime(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  return `${ms.toFixed(ms < 99.95 ? 1 : 0)} ms`;
}

export function showMemory(bytes: number): string {
  return bytes >= 10 * GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}

export function showRatio(ratio: number): string {
  return ratio.toFixed(3);
}
