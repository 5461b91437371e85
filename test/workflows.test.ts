import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWorkflow, scriptOf } from './helpers/workflow.ts';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.github/workflows');

const WORKFLOWS = readdirSync(FOLDER).map((file) =>
  readWorkflow(file, readFileSync(join(FOLDER, file), 'utf8')),
);
const JOBS = WORKFLOWS.flatMap(({ file, jobs }) =>
  [...jobs].map(([name, job]) => ({ name: `${file} ${name}`, ...job })),
);
const STEPS = JOBS.flatMap(({ name, steps }) => steps.map((text) => ({ name, text })));

const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const LOCKED: readonly (readonly [string, Locked])[] = Object.entries(
  JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages,
);

interface Locked {
  readonly dev?: boolean;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}

/** Whatever is more than reading, by job. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyse': ['security-events: write'],
  'release.yml publish': ['id-token: write'],
  'release.yml release': ['contents: write'],
  'release.yml sign': ['attestations: write', 'id-token: write'],
  'scorecard.yml analyse': ['id-token: write', 'security-events: write'],
};

describe('a workflow', () => {
  it('is read as it is', () => {
    expect(WORKFLOWS.map(({ file }) => file)).toContain('release.yml');
    expect(JOBS.map(({ name }) => name)).toContain('release.yml publish');
    for (const { file, jobs } of WORKFLOWS) expect(jobs.size, file).toBeGreaterThan(0);
    for (const { name, steps } of JOBS) expect(steps.length, name).toBeGreaterThan(0);
    const read = STEPS.filter(({ text }) => scriptOf(text) !== '').length;
    const written = WORKFLOWS.map(({ text }) => text.match(/^ +(?:- )?run: /gm)?.length ?? 0);
    expect(read).toBe(written.reduce((sum, count) => sum + count, 0));
  });

  it('uses actions by their commit, and says which version that is', () => {
    const pinned = /^ +(?:- )?uses: [\w-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
    const used = WORKFLOWS.flatMap(({ text }) => text.match(/^.*\buses:.*$/gm) ?? []);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((line) => !pinned.test(line))).toEqual([]);
  });

  it('uses one version of each action', () => {
    const used = WORKFLOWS.flatMap(({ text }) => [
      ...text.matchAll(/uses: ([\w-]+\/[\w-]+)[^@]*@(.*)$/gm),
    ]);
    const versions = Map.groupBy(used, ([, action]) => action);
    for (const [action, all] of versions) {
      expect(new Set(all.map(([, , version]) => version)).size, action).toBe(1);
    }
  });

  it('starts without rights', () => {
    for (const { file, head } of WORKFLOWS) expect(head, file).toMatch(/^permissions: \{\}$/m);
  });

  it('may write what is listed here, and nothing else', () => {
    const granted = JOBS.map(({ name, permissions }) => {
      expect(permissions.length, name).toBeGreaterThan(0);
      return [name, permissions.filter((line) => !line.endsWith(': read')).toSorted()] as const;
    });
    expect(Object.fromEntries(granted.filter(([, more]) => more.length > 0))).toEqual(MAY_WRITE);
  });

  it('is not run with rights for what others propose', () => {
    const proposals = WORKFLOWS.filter(({ head }) => /^ {2}pull_request:/m.test(head));
    expect(proposals.map(({ file }) => file)).toEqual([
      'ci.yml',
      'codeql.yml',
      'dependency-review.yml',
    ]);
    for (const { text, file } of WORKFLOWS) {
      expect(text, file).not.toMatch(/pull_request_target|workflow_run|issue_comment/);
    }
  });

  it('needs no secret', () => {
    for (const { text, file } of WORKFLOWS) {
      expect(text, file).not.toMatch(/\bsecrets\b/);
      expect(text, file).not.toMatch(/NODE_AUTH_TOKEN|NPM_TOKEN/);
    }
  });

  it('puts nothing into a script', () => {
    for (const { name, text } of STEPS) expect(scriptOf(text), name).not.toContain('${{');
    const expressions = WORKFLOWS.flatMap(({ text }) => text.match(/\$\{\{.*?\}\}/g) ?? []);
    expect(expressions.filter((one) => /github\.(?:event|head_ref)/.test(one))).toEqual([]);
  });

  it('leaves no credentials where it checks out', () => {
    const checkouts = STEPS.filter(({ text }) => text.includes('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(5);
    for (const { name, text } of checkouts) {
      expect(text, name).toMatch(/^ {10}persist-credentials: false$/m);
    }
  });

  it('ends, and says on which system it runs', () => {
    for (const { name, text } of JOBS) {
      expect(text, name).toMatch(/^ {4}timeout-minutes: \d+$/m);
      expect(text, name).toMatch(/^ {4}runs-on: (?:ubuntu-\d\d\.\d\d|\$\{\{ matrix\.os \}\})$/m);
    }
  });

  it('runs scripts that are there', () => {
    const scripts = STEPS.map(({ text }) => scriptOf(text)).join('\n');
    const names = [...scripts.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(PACKAGE.scripts).toHaveProperty([name]);
    const files = [...scripts.matchAll(/(?:^|\s)(\.ci\/[\w/]+)/g)].map(([, name = '']) => name);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});

describe('the release', () => {
  const release = WORKFLOWS.find(({ file }) => file === 'release.yml');
  const job = (name: string) => {
    const found = release?.jobs.get(name);
    if (found === undefined) throw new Error(`there is no job ${name}`);
    return found;
  };

  it('is tested and signed before it is published, and published before it is announced', () => {
    expect(job('test').needs).toEqual(['check']);
    expect(job('build').needs).toEqual(['check']);
    expect(job('sign').needs).toEqual(['test', 'build']);
    expect(job('publish').needs).toContain('sign');
    expect(job('release').needs).toContain('publish');
  });

  it('is verified, with identity and issuer in full, right after it was signed', () => {
    const scripts = job('sign').steps.map(scriptOf);
    const signed = scripts.findIndex((script) => script.includes('oms.cjs sign sigstore'));
    const verified = scripts.findIndex((script) => script.includes('oms.cjs verify sigstore'));
    expect(signed).toBeGreaterThan(0);
    expect(verified).toBe(signed + 1);
    expect(scripts[verified]).toContain('/.github/workflows/release.yml@$GITHUB_REF"');
    expect(scripts[verified]).toContain('https://token.actions.githubusercontent.com');
    expect(scripts.join()).not.toContain('regexp');
  });

  it('is agreed to by somebody before what cannot be taken back', () => {
    for (const name of ['sign', 'publish']) {
      expect(job(name).text).toMatch(/^ {4}environment: release$/m);
    }
  });

  it('is held against the digest of what was built, wherever it is taken over', () => {
    const check = 'echo "$SHA256  release/$PACKAGE" | sha256sum --check --strict';
    for (const name of ['sign', 'publish', 'release']) {
      const { needs, steps } = job(name);
      const scripts = steps.map(scriptOf);
      const used = scripts.findIndex((script) =>
        /install release|npm publish|gh release/.test(script),
      );
      expect(needs, name).toContain('build');
      expect(scripts.indexOf(check), name).toBeGreaterThan(0);
      expect(scripts.indexOf(check), name).toBeLessThan(used);
    }
  });

  it('runs no script of a package where it is built, signed or published, and takes no cache', () => {
    for (const name of ['build', 'sign', 'publish']) {
      const installs =
        job(name)
          .steps.map(scriptOf)
          .join('\n')
          .match(/npm (?:ci|publish).*/g) ?? [];
      expect(installs.length, name).toBe(1);
      expect(installs[0], name).toContain('--ignore-scripts');
    }
    const nodes = STEPS.filter(({ name, text }) => {
      return name.startsWith('release.yml') && text.includes('actions/setup-node@');
    });
    for (const { text } of nodes) expect(text).toContain('package-manager-cache: false');
    expect(release?.text).not.toContain('actions/cache');
  });
});

describe('what the project depends on', () => {
  it('lets updates wait for a week', () => {
    const text = readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8');
    const updates = text.split(/^ {2}- /m).slice(1);
    expect(updates.map((update) => /package-ecosystem: (.*)/.exec(update)?.[1])).toEqual([
      'npm',
      'github-actions',
    ]);
    for (const update of updates) {
      expect(Number(/default-days: (\d+)/.exec(update)?.[1])).toBeGreaterThanOrEqual(7);
      expect(update).toMatch(/^ {4}groups:$/m);
    }
  });

  it('locks what is shipped by its hash, and runs no script of it', () => {
    const shipped = LOCKED.filter(([place, { dev }]) => place !== '' && dev !== true);
    expect(shipped.length).toBeGreaterThan(10);
    for (const [place, { integrity, hasInstallScript }] of shipped) {
      expect(integrity, place).toMatch(/^sha512-/);
      expect(hasInstallScript, place).toBeUndefined();
    }
  });

  it('has licences that are allowed', () => {
    const text = readFileSync(join(FOLDER, 'dependency-review.yml'), 'utf8');
    const [, list = ''] = /allow-licenses: >-\n(.*)\n/.exec(text) ?? [];
    const allowed = new Set(list.split(',').map((licence) => licence.trim()));
    const others = LOCKED.filter(([place]) => place !== '').filter(([, { license = '' }]) => {
      return !license.split(' OR ').some((choice) => allowed.has(choice));
    });
    expect(allowed.size).toBeGreaterThan(5);
    expect(others.map(([place]) => place)).toEqual([]);
  });
});
