import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { HashAlgorithm, TrustedRoot } from '@sigstore/protobuf-specs';
import {
  DSSEBundleBuilder,
  FulcioSigner,
  RekorWitness,
  TSAWitness,
  type Witness,
} from '@sigstore/sign';
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { inject } from 'vitest';
import { sha256 } from '../../test/helpers/sigstore/bytes.ts';

/** Signs with the stock client of npm: with Rekor v2 and a timestamp. */
export function signWithStock(token: string, type: string, data: Buffer): Promise<Bundle> {
  const { fulcioUrl, rekorUrl, timestampUrl } = inject('instance');
  return new DSSEBundleBuilder({
    signer: new FulcioSigner({
      fulcioBaseURL: new URL(fulcioUrl).origin,
      identityProvider: { getToken: () => Promise.resolve(token) },
    }),
    witnesses: [
      hashedRekord(
        new RekorWitness({ rekorBaseURL: new URL(rekorUrl).origin, majorApiVersion: 2 }),
      ),
      new TSAWitness({ tsaBaseURL: new URL(timestampUrl).origin }),
    ],
  }).create({ type, data });
}

/** The stock client would post the envelope, which Rekor v2 does not take any more. */
function hashedRekord(inner: RekorWitness): Witness {
  return {
    testify: (content, verifier) => {
      if (content.$case !== 'dsseEnvelope') throw new Error('only envelopes are signed here');
      const { payload, payloadType, signatures } = content.dsseEnvelope;
      const [signature] = signatures;
      if (signature === undefined) throw new Error('the envelope has no signature');
      const digest = sha256(dsse.preAuthEncoding(payloadType, payload));
      const messageDigest = { algorithm: HashAlgorithm.SHA2_256, digest };
      return inner.testify(
        {
          $case: 'messageSignature',
          messageSignature: { messageDigest, signature: signature.sig },
        },
        verifier,
      );
    },
  };
}

/** Verifies with the stock verifier, which has no say on who signed. Throws if it refuses. */
export function verifyWithStock(
  bundle: unknown,
  trustedRoot: unknown = inject('instance').trustedRoot,
): Signer {
  const material = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot));
  const thresholds = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };
  const read = bundleFromJSON(bundle);
  return new Verifier(material, thresholds).verify(toSignedEntity(read));
}
