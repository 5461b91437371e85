/** In words that one can compare, and short: `17 days`, `5 hours`, `less than a minute`. */
export function ageOf(time: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - time.getTime()) / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} minute${minutes === 1 ? '' : 's'}`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

/** The date alone, in UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
