import type { JsonObject } from '../../../src/format/json.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import {
  POLICY,
  type TimestampOptions,
  type Tsa,
  timestamp,
} from '../../../test/helpers/sigstore/tsa.ts';
import { type Ledger, NOTHING } from './ledger.ts';
import type { Lying } from './seed.ts';

export interface Stamps {
  /** For the verification material; empty where there is no stamp. */
  readonly material: JsonObject;
  readonly ledger: Ledger;
}

/** Has a timestamp authority say when a signature was there. */
export function stampsOver(
  signature: Buffer,
  tsa: Tsa,
  plans: readonly Lying<TimestampOptions>[],
): Stamps {
  if (plans.length === 0) return { material: {}, ledger: NOTHING };
  const tokens = plans.map(({ options }) => timestamp(tsa, signature, options));
  const rfc3161Timestamps = tokens.map((token) => ({ signedTimestamp: token.toString('base64') }));
  return {
    material: { timestampVerificationData: { rfc3161Timestamps } },
    ledger: {
      ...NOTHING,
      stamps: plans.map(({ options, isTrue }) => {
        const { tsa: maker = tsa, time = after(SIGNED_AT, 1), accuracy = 0 } = options;
        return {
          authority: maker.leaf.der,
          // Times are written to the second.
          at: Math.floor(time.getTime() / 1000) * 1000,
          accuracy: accuracy * 1000,
          policy: typeof options.policy === 'string' ? options.policy : POLICY,
          signature,
          isTrue,
        };
      }),
    },
  };
}
