import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { CLAIMS, type ClaimName, type FulcioIdentity, type NameKind } from '../trust/fulcio.ts';
import { re2 } from '../trust/libraries.ts';
import { checkMembers } from './members.ts';

/** Who must have signed, and who must vouch for it. Nothing in it has a default. */
export type IdentityPolicy = ExpectedName & {
  /** URL of the OpenID provider that vouches for the identity, exactly. */
  readonly issuer: string;
  /** Further claims of the certificate that must have exactly these values. */
  readonly claims?: Readonly<Partial<Record<ClaimName, string>>> | undefined;
};

type ExpectedName =
  | {
      /**
       * The name in the certificate, exactly: an e-mail address, a URI, or a user name. Its form
       * says which of the three it must be there.
       */
      readonly identity: string;
      readonly identityRegExp?: undefined;
    }
  | {
      /**
       * In place of `identity`, a regular expression in RE2's syntax that the whole name must match.
       * It lets in whoever can get such a name from the issuer: prefer `identity`.
       */
      readonly identityRegExp: string;
      readonly identity?: undefined;
    };

const CODE = 'IDENTITY_MISMATCH';

/** A pattern is the verifier's own; the bound is for accidents. */
const MAX_PATTERN_LENGTH = 2_000;

/** Steps of a compiled pattern. One that lists two hundred names has some thousands. */
const MAX_PROGRAM_SIZE = 20_000;

/** A pattern of counted repetitions takes many steps for each character; real names have 200. */
const MAX_MATCHED_LENGTH = 1_000;

/** Asks nothing of a bundle yet. @throws {OmsError} `USAGE` */
export function checkIdentityPolicy(policy: IdentityPolicy): void {
  const { identity, identityRegExp, issuer, claims = {} } = policy;
  if ((identity === undefined) === (identityRegExp === undefined)) {
    throw new OmsError('USAGE', 'it is not said who must have signed', {
      expected: 'either an identity or a regular expression for it',
      found: identity === undefined ? 'neither' : 'both',
    });
  }
  checkText(identity ?? identityRegExp, 'the identity');
  checkText(issuer, 'the identity provider');
  if (identityRegExp !== undefined) compile(identityRegExp);
  checkMembers(claims, CLAIMS, 'the certificate claims');
  for (const [name, value] of Object.entries(claims)) checkText(value, `the claim ${name}`);
}

/** An empty text is a variable that is not set, and asks for nothing. */
function checkText(value: unknown, what: string): void {
  if (typeof value === 'string' && value !== '') return;
  throw new OmsError('USAGE', `${what} must not be empty`, {
    expected: 'a text of at least one character',
    found: value === '' ? 'an empty text' : typeof value,
  });
}

/**
 * Compares who signed with who should have.
 *
 * @throws {OmsError} `IDENTITY_MISMATCH`
 */
export function checkIdentity(found: FulcioIdentity, policy: IdentityPolicy): void {
  if (found.issuer !== policy.issuer) {
    throw mismatch('another identity provider vouches for the signer', policy.issuer, found.issuer);
  }
  checkName(found, policy);
  for (const [name, expected] of Object.entries(policy.claims ?? {})) {
    const value = found.claims[name as ClaimName];
    if (value === undefined || value !== expected) {
      throw mismatch(`the certificate claim ${name} differs`, expected, value);
    }
  }
}

function checkName({ name }: FulcioIdentity, { identity, identityRegExp }: IdentityPolicy): void {
  if (identity !== undefined) {
    if (name.value !== identity) throw mismatch('somebody else signed', identity, name.value);
    const kind = kindOf(identity);
    if (name.kind !== kind) {
      const summary = 'the signer has this name as something else';
      throw new OmsError(CODE, summary, { expected: KINDS[kind], found: KINDS[name.kind] });
    }
    return;
  }
  // Both are absent only in a policy that was not checked.
  const pattern = identityRegExp ?? '';
  const isMatchable =
    pattern !== '' && name.kind !== 'dns' && name.value.length <= MAX_MATCHED_LENGTH;
  if (!isMatchable || !compile(pattern).matches(name.value)) {
    throw new OmsError(CODE, 'somebody else signed', {
      expected: `a name that matches ${quoted(pattern)} as a whole`,
      found: quoted(name.value),
    });
  }
}

const KINDS: Readonly<Record<NameKind, string>> = {
  email: 'an e-mail address',
  uri: 'a URI',
  username: 'a user name',
  dns: 'a host name',
};

/** Fulcio writes no `@` and no `:` into user names. */
function kindOf(identity: string): NameKind {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(identity)) return 'uri';
  return identity.includes('@') ? 'email' : 'username';
}

interface Pattern {
  readonly matches: (text: string) => boolean;
}

/** RE2 takes time with the length of the name, whatever the pattern is; JavaScript's own does not. */
function compile(pattern: string): Pattern {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new OmsError('USAGE', 'the regular expression for the identity is too long', {
      expected: `at most ${MAX_PATTERN_LENGTH} characters`,
      found: `${pattern.length}`,
    });
  }
  try {
    const compiled = re2().RE2JS.compile(pattern);
    // It takes so many steps at most for each character of a name.
    if (compiled.programSize() > MAX_PROGRAM_SIZE) throw new Error('it repeats too much');
    return { matches: (text) => compiled.matches(text) };
  } catch (cause) {
    throw new OmsError('USAGE', 'the regular expression for the identity cannot be used', {
      expected: "RE2's syntax, without look-around, back-references and thousands of repetitions",
      found: quoted(pattern),
      cause,
    });
  }
}

function mismatch(summary: string, expected: string, found: string | undefined): OmsError {
  const isNear = found !== undefined && loosely(found) === loosely(expected);
  return new OmsError(CODE, summary, {
    expected: quoted(expected),
    found: found === undefined ? 'none' : quoted(found),
    ...(isNear ? { hint: 'capitals, spaces around it and a slash at its end count' } : {}),
  });
}

/** For a hint alone: what people take for the same. */
function loosely(name: string): string {
  return name.trim().toLowerCase().replace(/\/+$/, '');
}
