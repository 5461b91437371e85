import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Forger, resource, statementWith } from '../helpers/forge.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';

/** A directory with a model of one file, a key, and whatever a test writes into it. */
export class Scene {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'oms-limits-')));
  readonly forger = new Forger();
  /** A good bundle over the model. */
  readonly good: string;

  constructor() {
    mkdirSync(this.path('model'));
    writeFileSync(this.path('model/a'), 'content of a');
    const { privateKey, publicKey } = this.forger;
    writeFileSync(this.path('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(this.path('key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const bundle = this.forger.sign(statementWith({ resources: [resource('a', 'content of a')] }));
    this.good = JSON.stringify(bundle);
    this.write('model.sig', this.good);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Writes a file of these parts, which together may be more than one string can hold. */
  write(name: string, ...parts: readonly (string | Uint8Array)[]): string {
    const path = this.path(name);
    const descriptor = openSync(path, 'w');
    for (const part of parts) {
      const bytes = Buffer.from(part);
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    }
    closeSync(descriptor);
    return path;
  }

  /** A bundle that is validly signed, whatever it says. */
  sign(name: string, payload: Uint8Array, members: object = {}): string {
    const { privateKey, publicKey } = this.forger;
    const sig = signPayload(payload, privateKey).toString('base64');
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: fingerprintOf(publicKey) }, ...members },
      dsseEnvelope: {
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig }],
        payload: '',
      },
    };
    return this.write(name, JSON.stringify(bundle).slice(0, -3), ...base64(payload), '"}}\n');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Words of the command line. */
  verify(bundle: string, ...options: readonly string[]): readonly string[] {
    const key = ['--public-key', this.path('key.pub')];
    return ['verify', this.path('model'), ...key, '--signature', bundle, ...options];
  }

  inspect(bundle: string, ...options: readonly string[]): readonly string[] {
    return ['inspect', bundle, ...options];
  }

  /** Signs to where something is already. */
  signOver(bundle: string): readonly string[] {
    const key = ['--private-key', this.path('key.pem')];
    return ['sign', this.path('model'), ...key, '--signature', bundle];
  }
}

/** Bytes of a payload that are written at once; a multiple of 3. */
const PIECE = 3 * 2 ** 20;

function* base64(bytes: Uint8Array): Generator<string, void> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; at += PIECE) {
    yield buffer.toString('base64', at, Math.min(at + PIECE, buffer.length));
  }
}

/** The digest of all resources below. */
export const DIGEST = createHash('sha256').update('content of a').digest('hex');

export interface Manifest {
  readonly count: number;
  readonly name?: (index: number) => string;
  readonly digest?: string;
  /** In place of the right ones. */
  readonly serialization?: object;
}

/** A statement that is right in its form, and may be about millions of resources. */
export function statement({
  count,
  name = (index) => `directory-${index % 1_000}/file-${index}`,
  digest = DIGEST,
  serialization = {},
}: Manifest): Buffer {
  const parameters = { method: 'files', hash_type: 'sha256', allow_symlinks: false };
  const all = { ...parameters, ...serialization };
  const raw = Buffer.from(digest, 'hex');
  const root = createHash('sha256');
  const parts: Buffer[] = [];
  for (let at = 0; at < count; at += BATCH) {
    const length = Math.min(BATCH, count - at);
    const texts = Array.from({ length }, (_, index) => {
      root.update(raw);
      return JSON.stringify({ name: name(at + index), digest, algorithm: all.hash_type });
    });
    parts.push(Buffer.from((at === 0 ? '' : ',') + texts.join()));
  }
  const frame = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'model', digest: { sha256: root.digest('hex') } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: { serialization: all, resources: [] },
  });
  return Buffer.concat([Buffer.from(frame.slice(0, -3)), ...parts, Buffer.from(']}}')]);
}

const BATCH = 10_000;

/** A statement whose list of resources is this text. */
export function statementOf(resources: string): Buffer {
  const [before = '', after = ''] = statement({ count: 1, name: () => 'SPLIT' })
    .toString()
    .split(/\{"name":"SPLIT"[^}]*\}/);
  return Buffer.from(before + resources + after);
}

/** Many values as a text, without brackets around them. */
export function values(count: number, value: (index: number) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < count; at += BATCH) {
    const length = Math.min(BATCH, count - at);
    parts.push(Array.from({ length }, (_, index) => value(at + index)).join());
  }
  return parts.join();
}
