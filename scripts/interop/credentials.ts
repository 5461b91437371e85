import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CA,
  chainOf,
  type Issued,
  issue,
  type KeyKind,
  makeKey,
  SERVER_AUTH,
} from '../../test/helpers/pki.ts';

/** Who signs, and whom a verifier trusts, as words for both command lines. */
export interface Credentials {
  readonly method: 'key' | 'certificate';
  /** What is special, as in "P-256". */
  readonly title: string;
  readonly sign: readonly string[];
  readonly trust: readonly string[];
  /** Somebody else of the same kind: with him, the bundle is to be refused. */
  readonly stranger: readonly string[];
}

type Curve = 'P-256' | 'P-384' | 'P-521';
type Chain = ReturnType<typeof chainOf>;

const DAY_MS = 86_400_000;

/** Makes keys and certificates as files in a directory. */
export class CredentialStore {
  readonly #directory: string;
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory);
  }

  key(curve: Curve, form: 'pkcs8' | 'sec1' = 'pkcs8'): Credentials {
    const key = makeKey(curve);
    return {
      method: 'key',
      title: `${curve}${form === 'sec1' ? ', SEC 1' : ''}`,
      sign: ['--private_key', this.#write(key.export({ type: form, format: 'pem' }))],
      trust: ['--public_key', this.#publicKey(key)],
      stranger: ['--public_key', this.#publicKey(makeKey(curve))],
    };
  }

  encryptedKey(password: string): Credentials {
    const key = makeKey('P-256');
    const pem = key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: password,
    });
    return {
      method: 'key',
      title: 'P-256, encrypted',
      sign: ['--private_key', this.#write(pem), '--password', password],
      trust: ['--public_key', this.#publicKey(key)],
      stranger: ['--public_key', this.#publicKey(makeKey('P-256'))],
    };
  }

  /** Root → intermediate → leaf; the intermediate goes into the bundle, and the root if asked. */
  certificate(
    leaf: Curve,
    { root, withRoot = false }: { readonly root?: KeyKind; readonly withRoot?: boolean } = {},
  ): Credentials {
    const chain = chainOf({ root: root === undefined ? {} : { key: root }, leaf: { key: leaf } });
    const sent = [chain.intermediate, ...(withRoot ? [chain.root] : [])];
    const title = [leaf, root === undefined ? '' : `root ${root}`, withRoot ? 'root sent' : ''];
    return this.#fromChain(title.filter((part) => part !== '').join(', '), chain, sent, [
      chain.root,
    ]);
  }

  /** Only the leaf goes into the bundle; the verifier adds the intermediate. */
  leafAlone(): Credentials {
    const chain = chainOf();
    return this.#fromChain('leaf alone', chain, [], [chain.root, chain.intermediate]);
  }

  /** The verifier trusts the intermediate, and has no root. */
  intermediateTrusted(): Credentials {
    const chain = chainOf();
    return this.#fromChain(
      'intermediate trusted',
      chain,
      [chain.intermediate],
      [chain.intermediate],
    );
  }

  /** Was valid for five days, and expired. */
  expired(): Credentials {
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS);
    const chain = chainOf({
      root: { notBefore: ago(30) },
      intermediate: { notBefore: ago(20) },
      leaf: { notBefore: ago(10), notAfter: ago(5) },
    });
    return this.#fromChain('expired', chain, [chain.intermediate], [chain.root]);
  }

  /** Issued for TLS servers, not for signing code. */
  tlsServer(): Credentials {
    const chain = chainOf({ leaf: { extendedKeyUsage: [SERVER_AUTH] } });
    return this.#fromChain('TLS server', chain, [chain.intermediate], [chain.root]);
  }

  #fromChain(
    title: string,
    { leaf }: Chain,
    sent: readonly Issued[],
    trusted: readonly Issued[],
  ): Credentials {
    const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' });
    return {
      method: 'certificate',
      title,
      sign: [
        '--private_key',
        this.#write(key),
        '--signing_certificate',
        this.#write(leaf.pem),
        ...sent.flatMap(({ pem }) => ['--certificate_chain', this.#write(pem)]),
      ],
      trust: trusted.flatMap(({ pem }) => ['--certificate_chain', this.#write(pem)]),
      // Of the same name as the true one, so that only the key tells them apart.
      stranger: ['--certificate_chain', this.#write(issue({ subject: 'Test Root', ...CA }).pem)],
    };
  }

  #publicKey(key: KeyObject): string {
    return this.#write(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  }

  #write(pem: string | Buffer): string {
    const path = join(this.#directory, `${this.#count++}.pem`);
    writeFileSync(path, pem);
    return path;
  }
}
