import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, inject, it } from 'vitest';
import { makeAuthority } from '../test/helpers/sigstore/authority.ts';
import { trustedRootOf } from '../test/helpers/sigstore/trusted-root.ts';
import { asSigner, IDENTITY, withTrustConfig, withTrustedRoot } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectFailure, expectSuccess } from './helpers/judge.ts';

describe('verification of a keyless signature', () => {
  const job = new Job();

  beforeAll(async () => {
    const { file } = await job.token();
    expectSuccess(await job.sign([...withTrustConfig(), '--identity-token-file', file, '--yes']));
  });

  describe.concurrent('refuses', () => {
    it.each([
      ['another person', 'somebody@example.com'],
      ['a part of the name', 'signer'],
      ['more than the name', `${IDENTITY}.org`],
      ['another case', 'Signer@example.com'],
      ['what matches as a regular expression', '.*'],
      ['a name with white space around it', ` ${IDENTITY}`],
    ])('%s', async (_, identity) => {
      for (const trust of [withTrustConfig(), withTrustedRoot()]) {
        expectFailure(
          await job.verify([...trust, ...asSigner(identity)]),
          1,
          /somebody else signed/,
        );
      }
    });

    it('another issuer that the CA knows as well', async () => {
      const { url } = inject('instance').otherIssuer;
      const run = await job.verify([...withTrustConfig(), ...asSigner(IDENTITY, url)]);
      expectFailure(run, 1, /issuer|identity provider/i);
    });

    it('the issuer with a slash more', async () => {
      const { url } = inject('instance').issuer;
      const run = await job.verify([...withTrustedRoot(), ...asSigner(IDENTITY, `${url}/`)]);
      expectFailure(run, 1, /issuer|identity provider/i);
    });

    it('a certificate of an authority that the root does not name', async () => {
      const other = { authorities: [makeAuthority()], ctLogs: [], logs: [], tsas: [] };
      const { certificateAuthorities } = trustedRootOf(other);
      const root = { ...inject('instance').trustedRoot, certificateAuthorities };
      const file = job.file('foreign.json', JSON.stringify(root));
      const run = await job.verify([...withTrustedRoot(file), ...asSigner()]);
      expectFailure(run, 1, /certificate is not of an authority/);
    });

    it.each(['tlogs', 'ctlogs', 'timestampAuthorities'])('what no %s vouch for', async (key) => {
      const root = { ...inject('instance').trustedRoot, [key]: [] };
      const file = job.file(`without-${key}.json`, JSON.stringify(root));
      const run = await job.verify([...withTrustedRoot(file), ...asSigner()]);
      expectFailure(run, 1, /log|timestamp/);
    });
  });

  it('refuses a model that has changed', async () => {
    const path = join(job.model, 'config.json');
    const before = readFileSync(path);
    writeFileSync(path, '{"layers": 9}\n');
    const run = await job.verify([...withTrustedRoot(), ...asSigner()]);
    writeFileSync(path, before);
    const shown = { ...run, stderr: run.stderr.split('\n')[0] ?? '' };
    expectFailure(shown, 1, /differ|changed|match/i);
  });

  it('takes no identity, or an empty one, for wrong usage', async () => {
    const { url } = inject('instance').issuer;
    const cases = [
      [],
      ['--identity', IDENTITY],
      ['--identity-provider', url],
      asSigner(''),
      asSigner(IDENTITY, ''),
    ];
    for (const words of cases) {
      expectFailure(await job.verify([...withTrustedRoot(), ...words]), 2, /identity/);
    }
  });

  it('is not done with a root that cannot be used', async () => {
    const file = job.file('broken.json', '{"mediaType": "text/plain"}');
    const run = await job.verify([...withTrustedRoot(file), ...asSigner()]);
    expectFailure(run, 3, /trusted root|media type/i);
  });
});
