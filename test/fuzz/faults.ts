/**
 * Verifiers with one fault each, for tests of the fuzzer. As a module it exports the one that its
 * URL names, as in `faults.ts?hangs`.
 */
import { openBundle, verifyAgainst } from '../../src/api/verify.ts';
import { parseBundle } from '../../src/format/bundle.ts';
import { parseStatement } from '../../src/format/statement.ts';
import {
  type Bundle,
  MismatchError,
  OmsError,
  type Policy,
  type Verification,
} from '../../src/index.ts';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { OMS, type Subject } from '../../scripts/fuzz/run/subject.ts';

type Verify = Subject['verify'];

const right = OMS.verify;

/** By what is wrong with them. */
export const FAULTY_VERIFIERS: Readonly<Record<string, Verify>> = {
  'does not look at the signature of a key': async (model, bundle, policy, options) => {
    if (policy.method !== 'key') return right(model, bundle, policy, options);
    const { envelope } = parseBundle(bundle);
    const { signer } = await signerOf(bundle, policy);
    const manifest = parseStatement({ bytes: envelope.payload, encoding: 'dsse' });
    return verifyAgainst({ signer, manifest }, model, options ?? {});
  },
  'takes the last of two members with one name': (model, bundle, policy, options) =>
    right(model, reread(bundle, (json) => json) ?? bundle, policy, options),
  'takes every spelling of base64': (model, bundle, policy, options) =>
    right(model, reread(bundle, withCanonicalBase64) ?? bundle, policy, options),
  'does not see files that were added': async (model, bundle, policy, options) => {
    const { forbidIgnoredFiles: _, ...others } = options ?? {};
    const result = await right(model, bundle, policy, { ...others, ignoreUnsignedFiles: true });
    return { ...result, unsigned: [] };
  },
  'does not miss files': (model, bundle, policy, options) =>
    forgiving(right(model, bundle, policy, options), ({ diff }) => {
      return diff.changed.length + diff.extra.length === 0;
    }),
  'does not compare digests': (model, bundle, policy, options) =>
    forgiving(right(model, bundle, policy, options), ({ diff }) => {
      return diff.missing.length + diff.extra.length === 0;
    }),
  'judges a certificate at its own start': async (model, bundle, policy, options) => {
    if (policy.method !== 'certificate') return right(model, bundle, policy, options);
    const { material } = parseBundle(bundle);
    const [der = Buffer.of()] = material.method === 'certificate' ? material.certificates : [];
    const { notBefore: verificationTime } = parseCertificate(der, 'it');
    const result = await right(model, bundle, { ...policy, verificationTime }, options);
    const { signer } = result;
    if (signer.method !== 'certificate') return result;
    return { ...result, signer: { ...signer, time: { at: new Date(), source: 'now' } } };
  },
  'trusts what the bundle brings': async (model, bundle, policy, options) => {
    if (policy.method !== 'certificate') return right(model, bundle, policy, options);
    const { material } = parseBundle(bundle);
    const last = material.method === 'certificate' ? material.certificates.at(-1) : undefined;
    const anchors =
      last === undefined ? policy.anchors : [parseCertificate(last, '').x509.toString()];
    return right(model, bundle, { ...policy, anchors }, options);
  },
  'takes any identity': (model, bundle, policy, options) => {
    if (policy.method !== 'sigstore') return right(model, bundle, policy, options);
    const { identity: _, identityRegExp: __, claims: ___, ...others } = policy;
    const anybody = { ...others, identityRegExp: '.*' } as Policy;
    return right(model, bundle, anybody, options);
  },
  'does not ask for a timestamp': (model, bundle, policy, options) => {
    if (policy.method !== 'key') return right(model, bundle, policy, options);
    return right(model, bundle, { method: 'key', publicKey: policy.publicKey }, options);
  },
  'follows links that nobody allowed': (model, bundle, policy, options) =>
    right(model, bundle, policy, { ...options, allowSymlinks: true }),
  'counts wrongly': async (model, bundle, policy, options) => {
    const result = await right(model, bundle, policy, options);
    return { ...result, files: result.files + 1 };
  },
  'throws what is not its own': async (model, bundle, policy, options) => {
    if (textOf(bundle)?.includes(':null')) throw new TypeError('not a function');
    return right(model, bundle, policy, options);
  },
  'says what moves the cursor': (model, bundle, policy, options) =>
    reworded(right(model, bundle, policy, options), (message) => `${message}\u001b[2J`),
  'says too much': (model, bundle, policy, options) =>
    reworded(right(model, bundle, policy, options), (message) => message.padEnd(5_000, '.')),
  'cannot answer for a bundle of another': (model, bundle, policy, options) =>
    recoded(right(model, bundle, policy, options), 'SIGNATURE_INVALID', 'FILE_UNREADABLE'),
  'refuses white space': async (model, bundle, policy, options) => {
    if (/^\s/.test(textOf(bundle) ?? '')) throw new OmsError('BUNDLE_MALFORMED', 'white space');
    return right(model, bundle, policy, options);
  },
};

/** The same with a fault that only one who watches the process can see. */
export const FAULTY_PROCESSES: Readonly<Record<string, Verify>> = {
  hangs: (model, bundle, policy, options) => {
    for (;;) if (!isChosen(bundle)) return right(model, bundle, policy, options);
  },
  'takes all memory': (model, bundle, policy, options) => {
    const kept: unknown[] = [];
    while (isChosen(bundle)) kept.push(Array.from({ length: 1_000 }, () => ({})));
    return right(model, bundle, policy, options);
  },
  'waits for no answer': (model, bundle, policy, options) => {
    if (isChosen(bundle)) void Promise.reject(new Error('nobody looks'));
    return right(model, bundle, policy, options);
  },
  'ends the process': (model, bundle, policy, options) => {
    if (isChosen(bundle)) process.exit(3);
    return right(model, bundle, policy, options);
  },
};

/** A command line that says that all is well. */
export const FAULTY_COMMAND: Subject = {
  ...OMS,
  command: async (words) => ({ ...(await OMS.command(words)), exitCode: 0 }),
};

/** The text of a bundle that is given as text. */
function textOf(bundle: Parameters<Verify>[1]): string | undefined {
  return bundle instanceof Uint8Array ? Buffer.from(bundle).toString() : undefined;
}

/** A bundle as `JSON.parse` reads it, with a change; nothing where it reads none. */
function reread(
  bundle: Parameters<Verify>[1],
  change: (json: Bundle) => Bundle,
): Bundle | undefined {
  try {
    return change(JSON.parse(textOf(bundle) ?? ''));
  } catch {
    return undefined;
  }
}

function withCanonicalBase64(json: Bundle): Bundle {
  const { dsseEnvelope } = json;
  const canonical = (text: string): string => Buffer.from(text, 'base64').toString('base64');
  return {
    ...json,
    dsseEnvelope: {
      ...dsseEnvelope,
      payload: canonical(dsseEnvelope.payload),
      signatures: dsseEnvelope.signatures.map((one) => ({ ...one, sig: canonical(one.sig) })),
    },
  };
}

/** Some bundles, the same each time. */
function isChosen(bundle: unknown): boolean {
  return bundle instanceof Uint8Array && bundle.length % 8 === 0;
}

async function signerOf(bundle: Parameters<Verify>[1], policy: Policy) {
  try {
    return await openBundle(bundle, policy, {});
  } catch (error) {
    if (policy.method !== 'key' || !(error instanceof OmsError)) throw error;
    if (error.code !== 'SIGNATURE_INVALID') throw error;
    // As if it had been good.
    const { material } = parseBundle(bundle);
    const fingerprint = (material.method === 'key' ? material.hint : undefined) ?? '';
    return { signer: { method: 'key', curve: 'P-256', fingerprint } as const };
  }
}

async function forgiving(
  verification: Promise<Verification>,
  isForgiven: (error: MismatchError) => boolean,
): Promise<Verification> {
  try {
    return await verification;
  } catch (error) {
    if (!(error instanceof MismatchError) || !isForgiven(error)) throw error;
    const { signer, manifest } = error;
    return { signer, manifest, files: 1, bytes: 1, ignored: [], unsigned: [] };
  }
}

async function reworded(
  verification: Promise<Verification>,
  reword: (message: string) => string,
): Promise<Verification> {
  try {
    return await verification;
  } catch (error) {
    if (error instanceof OmsError) error.message = reword(error.message);
    throw error;
  }
}

async function recoded(
  verification: Promise<Verification>,
  from: string,
  to: OmsError['code'],
): Promise<Verification> {
  try {
    return await verification;
  } catch (error) {
    if (error instanceof OmsError && error.code === from) throw new OmsError(to, 'nothing');
    throw error;
  }
}

const { search } = new URL(import.meta.url);
const chosen = FAULTY_PROCESSES[decodeURIComponent(search.slice(1))];

export const subject: Subject = { ...OMS, ...(chosen === undefined ? {} : { verify: chosen }) };
