import { readSecureUrl } from '../format/url.ts';
import { callPatiently } from '../network/http.ts';
import { type AmbientSource, ELSEWHERE, isOn, noToken, tokenIn, valueOf } from './source.ts';

const NAME = 'GitHub Actions';
const TIMEOUT = 10_000;

/** A job with the permission finds in its environment where to ask for a token, and with what. */
export const githubActions: AmbientSource = {
  name: NAME,
  async find({ env, audience, signal, timeout = TIMEOUT, pauses }) {
    if (!isOn(env['GITHUB_ACTIONS'])) return ELSEWHERE;
    const address = valueOf(env, 'ACTIONS_ID_TOKEN_REQUEST_URL');
    const secret = valueOf(env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
    if (address === undefined || secret === undefined) {
      throw noToken(
        NAME,
        'the job may not ask for one',
        'add "permissions: id-token: write" to the job; pull requests from forks cannot have it',
      );
    }
    const url = readSecureUrl(address);
    if (url === undefined) {
      const hint = 'do not set this variable; the runner sets it';
      throw noToken(NAME, 'ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL', hint);
    }
    url.searchParams.set('audience', audience);
    const headers = { accept: 'application/json', authorization: `Bearer ${secret}` };
    const answer = await callPatiently({ url, headers, timeout, signal }, pauses);
    return tokenIn(answer, 'value', NAME, 'run the job again; GitHub may be in trouble');
  },
};
