import { readFile } from 'node:fs/promises';
import { type Answer, type Call, callPatiently, memberOf, type Silence } from '../network/http.ts';
import {
  type Absent,
  type AmbientOptions,
  type AmbientSource,
  ELSEWHERE,
  type Environment,
  isOn,
  noToken,
  requireSuccess,
  tokenIn,
  valueOf,
} from './source.ts';

const NAME = 'Google Cloud';
/** The metadata server is on the same machine, or next to it. */
const TIMEOUT = 5_000;
const METADATA_URL = 'http://metadata.google.internal';
const CREDENTIALS_URL = 'https://iamcredentials.googleapis.com';
const PRODUCT_FILE = '/sys/class/dmi/id/product_name';
const PRODUCTS: ReadonlySet<string> = new Set(['Google', 'Google Compute Engine']);
const ACCOUNT = '/computeMetadata/v1/instance/service-accounts/default';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * A machine on Google Cloud gets tokens of its service account from the metadata server. With
 * `GOOGLE_SERVICE_ACCOUNT_NAME` it asks for one of that account, which it must be allowed to.
 */
export const googleCloud: AmbientSource = {
  name: NAME,
  async find(options) {
    const account = valueOf(options.env, 'GOOGLE_SERVICE_ACCOUNT_NAME');
    if (account !== undefined) return impersonate(account, options);
    if (!(await isThere(options))) return ELSEWHERE;
    const answer = await askMetadata(
      'identity',
      { audience: options.audience, format: 'full' },
      options,
    );
    return hasNoAccount(answer) ?? tokenIn(answer, undefined, NAME, hintFor(answer));
  },
};

/** Cloud Run hides the machine's name, but sets one of these. */
function isCloudRun(env: Environment): boolean {
  return isOn(env['K_SERVICE']) || isOn(env['CLOUD_RUN_JOB']);
}

async function isThere({
  env,
  googleProductFile = PRODUCT_FILE,
}: AmbientOptions): Promise<boolean> {
  if (isCloudRun(env)) return true;
  try {
    return PRODUCTS.has((await readFile(googleProductFile, 'utf8')).trim());
  } catch {
    return false;
  }
}

/** A machine without a service account is no fault: somebody may be sitting at it. */
function hasNoAccount(answer: Answer | Silence): Absent | undefined {
  if ('failed' in answer || answer.status !== 404) return undefined;
  return { why: 'the machine has no service account' };
}

async function impersonate(account: string, options: AmbientOptions): Promise<string> {
  const { audience, signal, timeout = TIMEOUT, pauses } = options;
  const metadata = await askMetadata('token', { scopes: SCOPE }, options);
  requireSuccess(metadata, NAME, hintFor(metadata));
  const access = memberOf(metadata, 'access_token');
  if (access === undefined) {
    throw noToken(NAME, 'the metadata server gave no access token', hintFor(metadata));
  }
  const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateIdToken`;
  const request: Call = {
    url: new URL(path, options.googleCredentialsUrl ?? CREDENTIALS_URL),
    method: 'POST',
    headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    body: JSON.stringify({ audience, includeEmail: true }),
    timeout,
    signal,
  };
  const hint =
    'grant this machine "Service Account OpenID Connect Identity Token Creator" on GOOGLE_SERVICE_ACCOUNT_NAME';
  return tokenIn(await callPatiently(request, pauses), 'token', NAME, hint);
}

function askMetadata(
  what: string,
  query: Readonly<Record<string, string>>,
  options: AmbientOptions,
): Promise<Answer | Silence> {
  const { signal, timeout = TIMEOUT, pauses } = options;
  const url = new URL(`${ACCOUNT}/${what}`, options.googleMetadataUrl ?? METADATA_URL);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return callPatiently({ url, headers: { 'metadata-flavor': 'Google' }, timeout, signal }, pauses);
}

function hintFor(answer: Answer | Silence): string {
  return 'failed' in answer
    ? 'check that the metadata server can be reached from here'
    : 'check the service account of the machine';
}
