/** One line of the result. */
export interface Case {
  readonly title: string;
  /** Rejects if the programs do not do what they should. It has an empty directory to itself. */
  readonly check: (directory: string) => Promise<void>;
}

/** Puts a title together from columns, so that the lines are easy to read. */
export function columns(group: string, who: string, what: string): string {
  return `${group.padEnd(22)}${who.padEnd(38)}${what}`.trimEnd();
}
