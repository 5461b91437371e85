import { type Bundle, MEDIA_TYPE } from '../format/bundle.ts';
import { PAYLOAD_TYPE } from '../format/dsse.ts';
import type { JsonObject } from '../format/json.ts';

/**
 * What signs: takes the UTF-8 bytes of a statement, returns a bundle over exactly these bytes. A
 * new holder of keys (PKCS #11, a KMS) is one more function of this type.
 */
export type Signer = (statement: Uint8Array) => Promise<Bundle>;

/** Puts a signature into a bundle (§6.7, §6.8). */
export function assembleBundle(
  payload: Uint8Array,
  signature: Uint8Array,
  verificationMaterial: JsonObject,
): Bundle {
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial,
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: base64(signature) }],
    },
  };
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
