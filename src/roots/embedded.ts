import { readFileSync } from 'node:fs';
import { OmsError } from '../errors.ts';
import { Fields } from '../format/fields.ts';
import { readJson } from '../format/json.ts';
import { TRUST_LIMITS } from '../format/limits.ts';
import type { InstanceName, InstanceTrust } from './instance.ts';

/** What comes with oms for one instance; `scripts/refresh-trust.ts` writes it. */
export interface EmbeddedCopy {
  readonly trust: InstanceTrust;
  /** The TUF root from which the repository is followed. JSON. */
  readonly root: Uint8Array;
}

const CODE = 'TRUST_UNUSABLE';

/**
 * Reads the copy from its file, which only keyless paths need. The path is the same from the
 * source, from the compiled library and from the bundle of the command line.
 *
 * @throws {OmsError} `TRUST_UNUSABLE` when this installation is damaged.
 */
export function readEmbedded(instance: InstanceName): EmbeddedCopy {
  const fields = readCopy(instance);
  const asOf = new Date(fields.string('retrieved'));
  if (Number.isNaN(asOf.getTime())) throw fields.error('retrieved', 'a time');
  const part = (key: string): Uint8Array => Buffer.from(JSON.stringify(fields.optional(key) ?? {}));
  return {
    root: part('root'),
    trust: {
      instance,
      source: 'embedded',
      asOf,
      trustedRoot: part('trustedRoot'),
      signingConfig: part('signingConfig'),
      keptIn: undefined,
      notes: [],
    },
  };
}

function readCopy(instance: InstanceName): Fields {
  const what = 'the copy of the trust root that comes with oms';
  try {
    const bytes = readFileSync(new URL(`../roots/embedded/${instance}.json`, import.meta.url));
    return new Fields(readJson(bytes, TRUST_LIMITS, what, CODE), '', CODE);
  } catch (cause) {
    const hint = 'this installation of oms is damaged: install it again';
    throw new OmsError(CODE, `${what} cannot be read`, { hint, cause });
  }
}
