import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Lock, namesIn, type Package, shippedOf } from '../scripts/release/shipped.ts';
import { temporaryDirectory } from './helpers/model.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** A repository with a commit on `main` that is tagged `v1.2.3`, as a workflow checks it out. */
class Checkout {
  readonly #folder = temporaryDirectory();

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(join(this.#folder, '.ci'));
    cpSync(join(ROOT, '.ci/release'), join(this.#folder, '.ci/release'), { recursive: true });
    const repository = { type: 'git', url: 'git+https://github.com/acme/oms.git' };
    this.write('package.json', JSON.stringify({ version: '1.2.3', repository }));
    this.write('CHANGELOG.md', CHANGELOG);
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.commit();
    this.git('tag', 'v1.2.3');
    this.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
  }

  git(...words: readonly string[]): void {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const options = ['-c', 'commit.gpgSign=false', '-c', 'tag.gpgSign=false', ...who];
    execFileSync('git', [...options, ...words], { cwd: this.#folder, stdio: 'pipe' });
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'a change');
  }

  run(script: string, ...words: readonly string[]): { ok: boolean; said: string } {
    const path = join(this.#folder, '.ci/release', script);
    const { status, stdout, stderr } = spawnSync(path, words, { encoding: 'utf8' });
    return { ok: status === 0, said: `${stdout}${stderr}` };
  }
}

const CHANGELOG = `# Changelog

## [Unreleased]

- Not yet.

## [1.2.3] - 2026-01-31

### Security

- Mends a thing.

## [1.2.2]

- Older.
`;

describe.skipIf(process.platform === 'win32')('a tag', () => {
  it('is released when it names the version of a commit on main', () => {
    const checkout = new Checkout();
    expect(checkout.run('check', 'v1.2.3', 'acme/oms')).toEqual({
      ok: true,
      said: 'v1.2.3 is to be released.\n',
    });
    checkout.git('commit', '--quiet', '--allow-empty', '--message', 'later');
    checkout.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    checkout.git('checkout', '--quiet', 'v1.2.3');
    expect(checkout.run('check', 'v1.2.3', 'acme/oms').ok).toBe(true);
  });

  it('is not released when package.json has another version', () => {
    const checkout = new Checkout();
    checkout.git('tag', 'v1.2.4');
    const { ok, said } = checkout.run('check', 'v1.2.4', 'acme/oms');
    expect({ ok, said }).toEqual({
      ok: false,
      said: 'No release of v1.2.4: package.json has the version 1.2.3\n',
    });
    expect(checkout.run('check', '1.2.3', 'acme/oms').ok).toBe(false);
  });

  it.each(['1.2', '1.2.3-rc.1', '1.2.3+x', '1.2.3 ', '$(id)'])(
    'is not released for the version %j',
    (version) => {
      const checkout = new Checkout({ 'package.json': JSON.stringify({ version }) });
      const { ok, said } = checkout.run('check', `v${version}`);
      expect(ok).toBe(false);
      expect(said).toContain('is not of the form 1.2.3');
    },
  );

  it('is not released when it is not on main', () => {
    const checkout = new Checkout();
    checkout.commit();
    checkout.git('tag', '--force', 'v1.2.3');
    const { ok, said } = checkout.run('check', 'v1.2.3', 'acme/oms');
    expect(ok).toBe(false);
    expect(said).toContain('its commit is not on main');
  });

  it('is not released when something else is checked out, or there is no such tag', () => {
    const checkout = new Checkout();
    checkout.commit();
    const { ok, said } = checkout.run('check', 'v1.2.3', 'acme/oms');
    expect(ok).toBe(false);
    expect(said).toContain('another commit is checked out');
    checkout.git('tag', '--delete', 'v1.2.3');
    expect(checkout.run('check', 'v1.2.3', 'acme/oms').ok).toBe(false);
  });

  it('is not released when the changelog says nothing of it', () => {
    const checkout = new Checkout({
      'CHANGELOG.md': '# Changelog\n\n## [1.2.3]\n\n## [1.2.2]\n\n- A\n',
    });
    const { ok, said } = checkout.run('check', 'v1.2.3', 'acme/oms');
    expect(ok).toBe(false);
    expect(said).toContain('CHANGELOG.md says nothing of 1.2.3');
  });

  it('is not released from a repository that package.json does not name', () => {
    const { ok, said } = new Checkout().run('check', 'v1.2.3', 'mallory/oms');
    expect(ok).toBe(false);
    expect(said).toContain('git+https://github.com/mallory/oms.git');
  });

  it('has as its notes what the changelog says of its version', () => {
    const checkout = new Checkout();
    expect(checkout.run('notes', '1.2.3').said).toBe('### Security\n\n- Mends a thing.\n\n');
    expect(checkout.run('notes', '1.2').said).toBe('');
  });
});

describe('the bill of materials', () => {
  const own: Package = {
    name: 'own',
    version: '1.0.0',
    dependencies: { a: '^1.0.0' },
    devDependencies: { built: '2.0.0', tool: '3.0.0' },
  };
  const lock: Lock = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.1.0' },
      'node_modules/a/node_modules/@x/b': { version: '1.2.0' },
      'node_modules/built': { version: '2.0.0', dev: true },
      'node_modules/tool': { version: '3.0.0', dev: true },
      'node_modules/tool/node_modules/built': { version: '2.5.0', dev: true },
    },
  };

  it('is of what is installed with the package, and what is built into it', () => {
    const shipped = shippedOf(own, lock, ['built']);
    expect(namesIn(shipped.lock)).toEqual(['@x/b@1.2.0', 'a@1.1.0', 'built@2.0.0']);
    expect(shipped.package).toEqual({
      name: 'own',
      version: '1.0.0',
      dependencies: { a: '^1.0.0', built: '2.0.0' },
    });
    expect(JSON.stringify(shipped.lock)).not.toContain('"dev"');
  });

  it('names all that is installed with the package, and what is built into it', () => {
    const script = join(ROOT, 'scripts/release/sbom.ts');
    const bill = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }));
    const { dependencies, name, version } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const names: string[] = bill.components.map((part: { name: string }) => part.name);
    expect(bill.metadata.component).toMatchObject({ name, version });
    expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), 'commander']));
    // What these two bring along, and nothing for developers.
    expect(names).toEqual(expect.arrayContaining(['@sigstore/protobuf-specs', '@tufjs/models']));
    expect(names).not.toContain('vitest');
    expect(names).not.toContain('@sigstore/sign');
  });
});
