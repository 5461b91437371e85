/**
 * Prints what users of the package get, as a CycloneDX bill of materials (SBOM):
 *
 *   npm run build && node scripts/release/sbom.ts > sbom.cdx.json
 *
 * It is npm's own (`npm sbom`), of a package without development dependencies, and is held against
 * the lock before it is printed. What is built into the package is known by the licences beside it,
 * `dist/bin/NAME.LICENSE`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Lock, namesIn, type Package, type Shipped, shippedOf } from './shipped.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A bill of materials, as far as it is looked at. */
interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string }[];
  readonly licenses?: readonly unknown[];
}

const shipped = shippedOf(
  read('package.json') as Package,
  read('package-lock.json') as Lock,
  bundledPackages(),
);
const text = billOf(shipped);
const flaws = flawsIn(JSON.parse(text) as Bill, shipped);
if (flaws.length > 0) {
  console.error(['The bill of materials is not right:', ...flaws].join('\n  '));
  process.exit(1);
}
process.stdout.write(text);

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

function bundledPackages(): readonly string[] {
  const licence = '.LICENSE';
  const names = readdirSync(join(ROOT, 'dist/bin')).filter((name) => name.endsWith(licence));
  return names.map((name) => name.slice(0, -licence.length));
}

/** Of the lock alone: whatever is installed here, and on whatever platform this is. */
function billOf({ package: own, lock }: Shipped): string {
  const folder = mkdtempSync(join(tmpdir(), 'oms-sbom-'));
  // npm calls the package by the name of its directory.
  const place = join(folder, own.name);
  try {
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), JSON.stringify(own));
    const whole = { ...own, lockfileVersion: 3, requires: true, packages: lock.packages };
    writeFileSync(join(place, 'package-lock.json'), JSON.stringify(whole));
    const words = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
    const { status, stdout, stderr } = spawnSync('npm', words, { cwd: place, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm sbom failed:\n${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function flawsIn(bill: Bill, { package: own, lock }: Shipped): readonly string[] {
  const { bomFormat, specVersion, metadata, components } = bill;
  const wanted = namesIn(lock);
  const found = components.map(({ name, version }) => `${name}@${version}`);
  const isOwn = metadata.component.name === own.name && metadata.component.version === own.version;
  return [
    ...(bomFormat === 'CycloneDX' && /^1\.[5-9]$/.test(specVersion) ? [] : ['it is no CycloneDX']),
    ...(isOwn ? [] : [`it is not about ${own.name}@${own.version}`]),
    ...wanted.filter((name) => !found.includes(name)).map((name) => `${name} is missing`),
    ...found.filter((name) => !wanted.includes(name)).map((name) => `${name} is too much`),
    ...components.filter((part) => !isComplete(part)).map(({ name }) => `${name} is incomplete`),
  ];
}

/** Each comes from a registry, is known by its hash, and may be used under some licence. */
function isComplete({ purl, hashes = [], licenses = [] }: Component): boolean {
  const isHashed = hashes.some(({ alg }) => alg === 'SHA-512');
  return purl?.startsWith('pkg:npm/') === true && isHashed && licenses.length > 0;
}
