import {
  type Chain,
  type Change,
  type Changes,
  present,
  type Setting,
  subjectAt,
  writeChain,
} from './draft.ts';
import type { KeyKind } from './keys.ts';

/** One way in which chains are wrong, or unusual and good all the same. */
export interface Family {
  readonly name: string;
  /** Which lengths make sense. */
  readonly lengths: readonly [least: number, most: number];
  /** Kinds of the issuers' keys, each by itself, where it is about them. */
  readonly kinds?: readonly KeyKind[];
  /** Kinds of the issuers' keys from the root down. */
  readonly order?: readonly KeyKind[];
  readonly purposes?: readonly Setting['purpose'][];
  make(setting: Setting): Made;
}

export interface Made {
  readonly chain: Chain;
  /** What our refusal has to say; `undefined` when we have to accept. */
  readonly refusal: RegExp | undefined;
}

export type Part = 'leaf' | 'intermediate' | 'root';

export const EVERYWHERE = ['leaf', 'intermediate', 'root'] as const;
export const ISSUERS = ['intermediate', 'root'] as const;
export const ISSUED = ['leaf', 'intermediate'] as const;

/** For families that are about one of the purposes. */
export const CODE = { purposes: ['codeSigning'] } as const;
export const TIME = { purposes: ['timeStamping'] } as const;

/** Where a part is, counted from the root; the dice say which of the intermediates it is. */
function placeOf(part: Part, { length, dice }: Setting): number {
  if (part === 'root') return 0;
  return part === 'leaf' ? length - 1 : 1 + (dice % (length - 2));
}

type Options = Partial<Pick<Family, 'kinds' | 'order' | 'purposes' | 'lengths'>>;

/** The certificate that a message is about: its name, and how it is called before it is read. */
interface Culprit {
  readonly subject: string;
  readonly where: string;
}

/** What is said of a culprit. */
export type Refusal = (culprit: Culprit) => RegExp;

/** The same change in each of several parts, each by itself. */
export function inEach(
  parts: readonly Part[],
  name: string,
  change: Change,
  refusal?: Refusal,
  options: Options = {},
): Family[] {
  return parts.map((part) => ({
    name: `${name}, ${part}`,
    lengths: part === 'intermediate' ? [3, 5] : [2, 5],
    ...options,
    make: (setting) => {
      const place = placeOf(part, setting);
      const where =
        part === 'root'
          ? 'certificate 1 of the trusted certificates'
          : `certificate ${setting.length - place} of the bundle`;
      return {
        chain: changed(setting, { [place]: change }),
        refusal: refusal?.({ subject: subjectAt(setting, place), where }),
      };
    },
  }));
}

/** Anything at all. */
export function family(
  name: string,
  lengths: Family['lengths'],
  make: (setting: Setting) => Made | Chain,
  options: Options = {},
): Family {
  return {
    name,
    lengths,
    ...options,
    make: (setting) => {
      const made = make(setting);
      return 'chain' in made ? made : { chain: made, refusal: undefined };
    },
  };
}

/** A chain that we refuse, and what of it we have to say. */
export function refused(chain: Chain, refusal: RegExp): Made {
  return { chain, refusal };
}

export function changed(setting: Setting, changes: Changes, more: Partial<Chain> = {}): Chain {
  return present(writeChain(setting, changes), more);
}

/** A pattern in which `#` stands for the quoted subject, and `@` for the place. */
export function says(pattern: string): Refusal {
  return ({ subject, where }) =>
    new RegExp(pattern.replaceAll('#', `"CN=${subject}"`).replaceAll('@', where));
}

/** It is not fit for what it is used for: what was expected, and what was found to the end. */
export function unfit(expected: string, found: string): Refusal {
  return says(`^the certificate # may not be used for this: expected ${expected}, found ${found}$`);
}

/** RFC 5280 §4.2. */
export function notUnderstood(id: string): Refusal {
  return unfit('critical extensions that are understood', id);
}

/** It cannot be read; the cause, where it is ours. */
export function malformed(cause = '.*'): Refusal {
  return says(`^@ (is not a well-formed certificate|cannot be read)\\b.*< ${cause}`);
}

const UNCONNECTED =
  '^the (?:signing certificate|certificate of its authority) does not lead to a trusted certificate';

/** No certificate above this one is its issuer, but this is said of one that might be. */
export function notIssued(found: string): Refusal {
  return says(`${UNCONNECTED}: expected # issued by "CN=.*", found ${found}`);
}

/** What is said of a certificate that has been read, by its name. */
export function of(subject: string, refusal: Refusal): RegExp {
  return refusal({ subject, where: '' });
}

/** There is nothing above the last certificate. */
export function ends(found: string): RegExp {
  return new RegExp(`${UNCONNECTED}: expected a chain to .*, found ${found}`);
}
