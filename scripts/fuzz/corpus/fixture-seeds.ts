import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Bundle, Policy } from '../../../src/index.ts';
import { idOf, type Ledger, NOTHING, tbsOf } from './ledger.ts';
import { type Entry, file, type Model } from './model.ts';
import { sealWithCertificate } from './certificate.ts';
import { pemOf, sealWithKey, trustIn } from './key.ts';
import type { Seed, Trust } from './seed.ts';
import { FILES, type Style } from './statement.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../fixtures');

/**
 * The bundles that are kept in `fixtures`, with the real signatures under them: byte for byte what
 * was made once, which no change to the makers here can follow.
 */
export function fixtureSeeds(): { readonly seeds: readonly Seed[]; readonly ledger: Ledger } {
  const names = readdirSync(join(FIXTURES, 'bundles'));
  const kept = names.toSorted().map((name) => seedOf(name.replace(/\.sig$/, '')));
  const certificates = ['root', 'intermediate', 'leaf'].map((name) => read(`pki/${name}.pem`));
  const [root = '', intermediate = ''] = certificates;
  const issuers = [root, root, intermediate].map((pem) => idOf(new X509Certificate(pem).publicKey));
  return {
    seeds: kept.map(({ seed }) => seed),
    ledger: {
      ...NOTHING,
      payloads: kept.flatMap(({ ledger }) => ledger.payloads),
      certificates: certificates.map((pem, at) => ({
        tbs: tbsOf(new X509Certificate(pem).raw),
        by: issuers[at] ?? '',
      })),
    },
  };
}

function read(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8');
}

function seedOf(name: string): { readonly seed: Seed; readonly ledger: Ledger } {
  const bundle = JSON.parse(read(`bundles/${name}.sig`)) as Bundle;
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
  const isKey = !name.includes('certificate');
  const keyFile = isKey ? `keys/${/p\d{3}$/.exec(name)?.[0] ?? 'p256'}.pem` : 'pki/leaf.key';
  const key = createPrivateKey(read(keyFile));
  const encoding = name === 'reference-0.2-certificate' ? 'legacy' : 'dsse';
  const style: Style = encoding === 'legacy' ? 'legacy' : 'own';
  const anchor = name === 'go-single-certificate' ? 'pki/intermediate.pem' : 'pki/root.pem';
  const certificates = {
    key,
    encoding,
    leaf: new X509Certificate(read('pki/leaf.pem')).raw,
    others: [new X509Certificate(read('pki/intermediate.pem')).raw],
  } as const;
  const own: Ledger = { ...NOTHING, payloads: [{ key: idOf(key), payload, encoding }] };
  const remake = isKey ? sealWithKey(key) : sealWithCertificate(certificates);
  const policy: Policy = isKey
    ? { method: 'key', publicKey: pemOf(key) }
    : { method: 'certificate', anchors: [read(anchor)] };
  const trust: Trust = isKey
    ? { method: 'key', key: trustIn(key) }
    : {
        method: 'certificate',
        anchors: [new X509Certificate(read(anchor)).raw],
        time: undefined,
      };
  const hash = name === 'blake2b' || name === 'blake3' ? name : 'sha256';
  const seed: Seed = {
    name: `kept: ${name}`,
    method: policy.method,
    model: name === 'single-file' ? singleFile() : fixtureModel(),
    serialization: { ...FILES, hash, shardSize: name === 'shards' ? 16 : undefined },
    style,
    statement: payload,
    signature: undefined,
    policy,
    options: {},
    trust,
    seal: (statement, sealing) => {
      const isAsKept =
        statement.equals(payload) && Object.keys(sealing).every((option) => option === 'random');
      return isAsKept ? { bundle, ledger: own } : remake(statement, sealing);
    },
  };
  return { seed, ledger: own };
}

function fixtureModel(): Model {
  const model = join(FIXTURES, 'model');
  const names = readdirSync(model, { recursive: true, encoding: 'utf8' });
  const entries = names
    .map((name) => join(model, name))
    .filter((path) => statSync(path).isFile())
    .map((path): Entry => file(relative(model, path).split(sep).join('/'), readFileSync(path)));
  return { name: 'model', shape: 'directory', entries };
}

function singleFile(): Model {
  const content = readFileSync(join(FIXTURES, 'model/a.txt'));
  return { name: 'a.txt', shape: 'file', entries: [file('a.txt', content)] };
}
