import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import { parseSigningConfig } from '../../src/trust/signing-config.ts';
import { parseTrustConfig, type TrustConfig } from '../../src/trust/trust-config.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { edited } from '../helpers/edited.ts';
import { trustedRoot } from '../helpers/trust.ts';
import { failure } from './helpers.ts';

const signingConfig: JsonObject = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [{ url: 'https://fulcio.example.com', majorApiVersion: 1 }],
  rekorTlogUrls: [{ url: 'https://rekor.example.com', majorApiVersion: 1 }],
  rekorTlogConfig: { selector: 'ANY' },
};

const good: JsonObject = {
  mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
  trustedRoot,
  signingConfig,
};

const readWith = (path: string, value: JsonValue | undefined): TrustConfig =>
  parseTrustConfig(edited(good, path, value));

const unusable = (part: string | RegExp): unknown => failure('TRUST_UNUSABLE', part);

describe('a trust configuration', () => {
  it('is a trusted root and a signing configuration', () => {
    const config = parseTrustConfig(good);
    expect(config.trustedRoot).toEqual(parseTrustedRoot(trustedRoot));
    expect(config.signingConfig).toEqual(parseSigningConfig(signingConfig));
    expect(Object.keys(config)).toHaveLength(2);
  });

  it('may be text or bytes', () => {
    const text = JSON.stringify(good);
    expect(parseTrustConfig(text)).toEqual(parseTrustConfig(good));
    expect(parseTrustConfig(Buffer.from(text))).toEqual(parseTrustConfig(good));
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    '',
    1,
    'application/json',
    'application/vnd.dev.sigstore.clienttrustconfig.v0.2+json',
    'application/vnd.dev.sigstore.clienttrustconfig+json;version=0.1',
    'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json ',
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  ])('may not be %j', (mediaType) => {
    expect(() => readWith('mediaType', mediaType)).toThrow(unusable('not valid: mediaType'));
  });

  it.each(['trustedRoot', 'signingConfig'])('has to have a %s', (part) => {
    for (const value of [undefined, null]) {
      expect(() => readWith(part, value)).toThrow(
        unusable(`not valid: ${part}: expected an object, found nothing`),
      );
    }
    for (const value of ['text', [], true]) {
      expect(() => readWith(part, value)).toThrow(unusable(`${part}: expected an object`));
    }
  });

  it.each(['trustedRoot', 'signingConfig'])('is strict about the media type of its %s', (part) => {
    const other = part === 'trustedRoot' ? signingConfig : trustedRoot;
    expect(() => readWith(`${part}.mediaType`, undefined)).toThrow(
      unusable(`not valid: ${part}.mediaType: expected a string`),
    );
    expect(() => readWith(part, other)).toThrow(unusable(`not valid: ${part}.mediaType`));
  });

  it('may have members that this version does not know', () => {
    expect(readWith('extra', 1)).toEqual(parseTrustConfig(good));
  });

  it.each<[string, JsonValue, string]>([
    ['trustedRoot.tlogs', 1, 'trustedRoot.tlogs: expected an array'],
    ['trustedRoot.tlogs.0', 1, 'trustedRoot.tlogs[0]: expected an object'],
    ['trustedRoot.tlogs.0.baseUrl', 1, 'trustedRoot.tlogs[0].baseUrl'],
    ['trustedRoot.tlogs.0.logId.keyId', 'A', 'trustedRoot.tlogs[0].logId.keyId'],
    ['trustedRoot.tlogs.0.publicKey.rawBytes', 'A', 'trustedRoot.tlogs[0].publicKey.rawBytes'],
    [
      'trustedRoot.certificateAuthorities.0.certChain.certificates.0.rawBytes',
      'AAAA',
      'trustedRoot.certificateAuthorities[0].certChain.certificates[0]',
    ],
    ['signingConfig.caUrls', 1, 'signingConfig.caUrls: expected an array'],
    ['signingConfig.caUrls.0', 1, 'signingConfig.caUrls[0]: expected an object'],
    ['signingConfig.caUrls.0.url', 'ftp://example.com', 'signingConfig.caUrls[0].url'],
    ['signingConfig.rekorTlogConfig', 1, 'signingConfig.rekorTlogConfig'],
    ['signingConfig.rekorTlogConfig.selector', 'SOME', 'rekorTlogConfig.selector'],
  ])('says where it is wrong: %s', (path, value, place) => {
    expect(() => readWith(path, value)).toThrow(unusable(place));
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'the trust configuration cannot be used'],
    ['no JSON', 'trust me', 'the trust configuration is not JSON'],
    ['an array', '[]', 'expected an object, found an empty array'],
    ['a trusted root alone', trustedRoot, 'mediaType'],
  ])('is not %s', (_, source, reason) => {
    expect(() => parseTrustConfig(source as JsonObject)).toThrow(unusable(reason));
  });
});
