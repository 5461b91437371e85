import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Instance } from './stack.ts';
import { mintToken } from './token.ts';

/** Prints an identity token of an instance that serve.ts runs. */
const { values } = parseArgs({
  options: {
    in: { type: 'string' },
    issuer: { type: 'string', default: 'issuer' },
    'expires-in': { type: 'string', default: '600' },
    claims: { type: 'string', default: '{}' },
  },
});
const ISSUERS = ['issuer', 'otherIssuer', 'workflowIssuer', 'strangeIssuer'] as const;
const name = ISSUERS.find((one) => one === values.issuer);
if (values.in === undefined || name === undefined) {
  console.error(
    `usage: node scripts/sigstore/mint.ts --in DIR [--issuer ${ISSUERS.join('|')}]` +
      " [--expires-in SECONDS] [--claims '{JSON}']",
  );
  process.exit(2);
}
const instance = JSON.parse(readFileSync(join(values.in, 'instance.json'), 'utf8')) as Instance;
const claims = JSON.parse(values.claims) as Record<string, unknown>;
process.stdout.write(
  await mintToken(instance[name], { claims, expiresIn: Number(values['expires-in']) }),
);
