/**
 * Refreshes the copies of Sigstore's trust roots that come with oms, in `src/roots/embedded/`:
 *
 *   node scripts/refresh-trust.ts [production] [staging]
 *   node scripts/refresh-trust.ts production --from DIR --as-of 2026-01-31T12:00:00Z
 *
 * The first asks the TUF repository of each instance, starting from the TUF root of the copy. The
 * second takes `root.json`, `trusted_root.json` and `signing_config.v0.2.json` as another Sigstore
 * client has them; the time is when the repository last said so. Look at what changed before you
 * commit it. A copy that is not there yet, or was deleted, can only be made with `--from`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Metadata, MetadataKind } from '@tufjs/models';
import { versionOf } from '../src/roots/copy.ts';
import { Downloads } from '../src/roots/download.ts';
import { type EmbeddedCopy, readEmbedded } from '../src/roots/embedded.ts';
import { INSTANCES, type InstanceName } from '../src/roots/instance.ts';
import { refresh } from '../src/roots/refresh.ts';
import { parseSigningConfig, selectServices } from '../src/trust/signing-config.ts';
import { parseTrustedRoot } from '../src/trust/trusted-root.ts';
import type { Validity } from '../src/trust/validity.ts';

const DIRECTORY = resolve(import.meta.dirname, '../src/roots/embedded');
const BIOME = resolve(import.meta.dirname, '../node_modules/.bin/biome');

/** The parts of a copy, as JSON. */
interface Parts {
  readonly retrieved: Date;
  readonly root: Uint8Array;
  readonly trustedRoot: Uint8Array;
  readonly signingConfig: Uint8Array;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, 'as-of': { type: 'string' } },
});
const names: readonly InstanceName[] = positionals.length
  ? positionals.map(instanceNamed)
  : ['production', 'staging'];
if (values.from !== undefined && names.length > 1) throw new Error('--from is for one instance');

for (const name of names) {
  const before = existsSync(pathOf(name)) ? readEmbedded(name) : undefined;
  const parts =
    values.from === undefined
      ? await download(name, before)
      : readFrom(values.from, values['as-of'] ?? '', before);
  check(parts);
  write(name, parts);
  report(name, before, parts);
}

function instanceNamed(text: string): InstanceName {
  if (text === 'production' || text === 'staging') return text;
  throw new Error(`there is no instance ${text}: production or staging`);
}

async function download(name: InstanceName, before: EmbeddedCopy | undefined): Promise<Parts> {
  if (before === undefined)
    throw new Error(`there is no copy of ${name} to start from: use --from`);
  const { repository } = INSTANCES[name];
  const { files } = await refresh(repository, [before.root], undefined, new Downloads(undefined));
  return {
    retrieved: new Date(),
    root: files['root.json'],
    trustedRoot: files['trusted_root.json'],
    signingConfig: files['signing_config.v0.2.json'],
  };
}

function readFrom(directory: string, asOf: string, before: EmbeddedCopy | undefined): Parts {
  const retrieved = new Date(asOf);
  if (Number.isNaN(retrieved.getTime()) || retrieved > new Date()) {
    throw new Error('--from needs --as-of TIME, the last time at which this is known to be so');
  }
  const root = readFileSync(join(directory, 'root.json'));
  if (before !== undefined) checkSuccession(before.root, root);
  return {
    retrieved,
    root,
    trustedRoot: readFileSync(join(directory, 'trusted_root.json')),
    signingConfig: readFileSync(join(directory, 'signing_config.v0.2.json')),
  };
}

/** The new root is the old one, or is signed by its keys and by its own. */
function checkSuccession(before: Uint8Array, after: Uint8Array): void {
  if (versionOf(after) < versionOf(before)) throw new Error('the TUF root is older than the copy');
  const [old, young] = [before, after].map((bytes) =>
    Metadata.fromJSON(MetadataKind.Root, JSON.parse(Buffer.from(bytes).toString())),
  );
  if (young === undefined || old === undefined) throw new Error('a TUF root is missing');
  old.verifyDelegate('root', young);
  young.verifyDelegate('root', young);
}

/** What this version of oms could not use must not get into it. */
function check({ trustedRoot, signingConfig, retrieved }: Parts): void {
  parseTrustedRoot(trustedRoot);
  selectServices(parseSigningConfig(signingConfig), retrieved);
}

function write(name: InstanceName, { retrieved, root, trustedRoot, signingConfig }: Parts): void {
  const json = JSON.stringify({
    retrieved: retrieved.toISOString(),
    root: JSON.parse(Buffer.from(root).toString()) as unknown,
    trustedRoot: JSON.parse(Buffer.from(trustedRoot).toString()) as unknown,
    signingConfig: JSON.parse(Buffer.from(signingConfig).toString()) as unknown,
  });
  const text = execFileSync(BIOME, ['format', '--stdin-file-path', pathOf(name)], { input: json });
  const aside = `${pathOf(name)}.new`;
  try {
    mkdirSync(DIRECTORY, { recursive: true });
    writeFileSync(aside, text);
    renameSync(aside, pathOf(name));
  } finally {
    rmSync(aside, { force: true });
  }
}

function report(name: InstanceName, before: EmbeddedCopy | undefined, parts: Parts): void {
  const old = before === undefined ? [] : linesOf({ ...before.trust, root: before.root });
  const young = linesOf(parts);
  const day = (time: Date | undefined): string => time?.toISOString().slice(0, 10) ?? 'none';
  console.log(`${name}: as of ${day(parts.retrieved)}, before ${day(before?.trust.asOf)}`);
  for (const line of old) if (!young.includes(line)) console.log(`  - ${line}`);
  for (const line of young) if (!old.includes(line)) console.log(`  + ${line}`);
}

/** One line for all that could change. */
function linesOf(parts: Omit<Parts, 'retrieved'>): readonly string[] {
  const root = parseTrustedRoot(parts.trustedRoot);
  const config = parseSigningConfig(parts.signingConfig);
  return [
    `TUF root ${versionOf(parts.root)}`,
    ...[...root.certificateAuthorities, ...root.timestampAuthorities].map(
      ({ uri, chain, validity }) => `${uri} ${chain[0].fingerprint} ${windowOf(validity)}`,
    ),
    ...[...root.logs, ...root.ctLogs].map(
      ({ baseUrl, ids, validity }) =>
        `${baseUrl} ${ids.map((id) => Buffer.from(id).toString('hex')).join(' ')} ${windowOf(validity)}`,
    ),
    ...[
      ...config.certificateAuthorities,
      ...config.identityProviders,
      ...config.logs,
      ...config.timestampAuthorities,
    ].map(
      ({ url, apiVersion, validity }) =>
        `service ${url} of API version ${apiVersion} ${windowOf(validity)}`,
    ),
    `selection of logs ${JSON.stringify(config.logSelection)}`,
    `selection of timestamp authorities ${JSON.stringify(config.timestampSelection)}`,
  ];
}

function windowOf({ start, end }: Validity): string {
  return `from ${start?.toISOString() ?? 'ever'} until ${end?.toISOString() ?? 'ever'}`;
}

function pathOf(name: InstanceName): string {
  return join(DIRECTORY, `${name}.json`);
}
