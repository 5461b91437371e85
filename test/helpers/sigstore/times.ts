/** When signatures are made here, unless a test says otherwise. Certificates are issued at that time. */
export const SIGNED_AT = new Date('2025-11-03T12:00:00Z');

/** How long a leaf of Fulcio is valid, in seconds. */
export const LEAF_LIFETIME = 600;

/** A time some seconds after another. */
export function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}

/** Seconds since 1970. */
export function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/** The life of the certificates of authorities: long before and after all that is signed. */
export const ERA = {
  notBefore: new Date('2021-01-01T00:00:00Z'),
  notAfter: new Date('2040-01-01T00:00:00Z'),
} as const;
