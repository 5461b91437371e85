import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareBinaries } from './binaries.ts';
import { cacheDirectory } from './cache.ts';
import { startStack, writeJson } from './stack.ts';
import { mintToken } from './token.ts';
import { trustConfig } from './trust.ts';

/**
 * Keeps an instance running in the foreground, for trying things out by hand:
 *
 *   node scripts/sigstore/serve.ts --out DIR
 *
 * DIR gets the files of the instance, instance.json for `mint.ts`, and a token good for ten minutes.
 */
const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  console.error('usage: node scripts/sigstore/serve.ts --out DIR');
  process.exit(2);
}
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const stack = await startStack(await prepareBinaries(cacheDirectory(), console.error));
const { instance } = stack;
writeJson(join(out, 'trusted_root.json'), instance.trustedRoot);
writeJson(join(out, 'signing_config.json'), instance.signingConfig);
writeJson(
  join(out, 'trust_config.json'),
  trustConfig(instance.trustedRoot, instance.signingConfig),
);
writeJson(join(out, 'instance.json'), instance);
writeFileSync(join(out, 'token'), await mintToken(instance.issuer));
console.log(`Fulcio     ${instance.fulcioUrl}
Rekor      ${instance.rekorUrl}
timestamps ${instance.timestampUrl}
OpenID     ${instance.issuer.url}
Another token: node scripts/sigstore/mint.ts --in ${out}
Ctrl-C ends all.`);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    writeFileSync(join(out, 'servers.log'), stack.log());
    stack.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
