import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/format/json.ts';
import { TrustCache } from '../../src/roots/cache.ts';
import { filesFrom, type RepositoryFiles, TARGETS, toCopy } from '../../src/roots/copy.ts';
import { readEmbedded } from '../../src/roots/embedded.ts';
import { INSTANCES, type InstanceName } from '../../src/roots/instance.ts';

/**
 * Leaves in a cache what the program would keep, had it asked an instance. The signatures of the
 * metadata were checked then, so there are none.
 *
 * @param directory of `XDG_CACHE_HOME`.
 * @param trustConfig of the instance that takes the place of the one of this name.
 * @throws where the program would not keep it.
 */
export function keepTrust(
  directory: string,
  name: InstanceName,
  { trustedRoot, signingConfig }: JsonObject,
  refreshed: Date,
): void {
  const targets = {
    'trusted_root.json': Buffer.from(JSON.stringify(trustedRoot)),
    'signing_config.v0.2.json': Buffer.from(JSON.stringify(signingConfig)),
  };
  const listed = TARGETS.map((target) => [
    target,
    {
      length: targets[target].length,
      hashes: { sha256: createHash('sha256').update(targets[target]).digest('hex') },
    },
  ]);
  const metadata = Buffer.from(
    JSON.stringify({
      signed: {
        version: 1,
        expires: '2098-01-01T00:00:00Z',
        targets: Object.fromEntries(listed) as JsonObject,
      },
    }),
  );
  const files: RepositoryFiles = { ...filesFrom(() => metadata), ...targets };
  const cache = new TrustCache(
    `${directory}/oms-signing/sigstore`,
    name,
    INSTANCES[name].repository,
  );
  const anchor = createHash('sha256').update(readEmbedded(name).root).digest('hex');
  const problem = cache.write({ ...toCopy(files), refreshed, anchor });
  if (problem !== undefined) throw new Error(problem);
}
