import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

interface BundleText {
  dsseEnvelope: { payload: string };
}

interface StatementText {
  readonly subject: readonly [{ readonly digest: { readonly sha256: string } }];
  readonly predicate: { readonly resources: readonly Resource[] };
}

export interface Resource {
  readonly name: string;
  readonly digest: string;
}

/** What a bundle says, without any check, and without the library that is under test. */
export function readBundle(path: string): { rootDigest: string; resources: readonly Resource[] } {
  const { dsseEnvelope } = JSON.parse(readFileSync(path, 'utf8')) as BundleText;
  const text = Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8');
  const { subject, predicate } = JSON.parse(text) as StatementText;
  return { rootDigest: subject[0].digest.sha256, resources: predicate.resources };
}

/** Changes the signed statement: it names another model. Nothing else could be noticed. */
export function forge(path: string): void {
  const bundle = JSON.parse(readFileSync(path, 'utf8')) as BundleText;
  const { dsseEnvelope } = bundle;
  const text = Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8');
  const forged = text.replace(/("name": ?)"model"/, '$1"modem"');
  if (forged === text) throw new Error('the statement does not name the model');
  dsseEnvelope.payload = Buffer.from(forged).toString('base64');
  writeFileSync(path, JSON.stringify(bundle));
}

/** SHA-256 over the digests, in this order. */
export function rootDigestOf(resources: readonly Resource[]): string {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(digest, 'hex');
  return hash.digest('hex');
}

/** Code point order, as the specification asks: that of the UTF-8 bytes. */
export function sortByName(resources: readonly Resource[]): Resource[] {
  return resources.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}
