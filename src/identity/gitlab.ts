import { type AmbientSource, ELSEWHERE, isOn, noToken, valueOf } from './source.ts';

const NAME = 'GitLab CI';

/**
 * A GitLab job has the tokens that its definition declares, each in a variable. By convention it is
 * called after the audience: `SIGSTORE_ID_TOKEN` for `sigstore`.
 */
export const gitlabCi: AmbientSource = {
  name: NAME,
  async find({ env, audience }) {
    if (!isOn(env['GITLAB_CI'])) return ELSEWHERE;
    const variable = variableFor(audience);
    const token = valueOf(env, variable);
    if (token !== undefined) return token;
    const declaration = `id_tokens: ${variable}: aud: ${audience}`;
    throw noToken(NAME, `${variable} is not set`, `declare "${declaration}" in the job`);
  },
};

function variableFor(audience: string): string {
  const name = audience.toUpperCase().replaceAll(/[^A-Z0-9_]|^[^A-Z_]/g, '_');
  return `${name}_ID_TOKEN`;
}
