import { OmsError } from '../errors.ts';
import { throwIfAborted } from '../pace.ts';
import { githubActions } from './github.ts';
import { gitlabCi } from './gitlab.ts';
import { googleCloud } from './google.ts';
import { buildkite, circleci } from './programs.ts';
import { type AmbientOptions, type AmbientSource, valueOf } from './source.ts';

export type { AmbientOptions } from './source.ts';

export interface AmbientToken {
  /** Not checked yet beyond its outer form: see `parseIdentityToken`. */
  readonly token: string;
  /** Who gave it: "GitHub Actions". */
  readonly source: string;
}

/** A place that was looked at in vain. */
export interface Looked {
  readonly source: string;
  /** Why there was none: "not running there". */
  readonly why: string;
}

export interface NoToken {
  readonly token: undefined;
  readonly looked: readonly Looked[];
}

const SOURCES: readonly AmbientSource[] = [
  githubActions,
  gitlabCi,
  googleCloud,
  buildkite,
  circleci,
];

/** A token that the user, or a job before this one, put there. */
const VARIABLE = 'SIGSTORE_ID_TOKEN';

/**
 * Looks for an identity token in the environment: GitHub Actions, GitLab CI, Google Cloud,
 * Buildkite, CircleCI, and last the variable `SIGSTORE_ID_TOKEN`. An environment that should give
 * one and does not is an error, for the user would wonder at whatever came next; unless that
 * variable is set.
 *
 * @throws {OmsError} `TOKEN_UNUSABLE`, `ABORTED`
 */
export async function findAmbientToken(options: AmbientOptions): Promise<AmbientToken | NoToken> {
  const given = valueOf(options.env, VARIABLE);
  const looked: Looked[] = [];
  for (const source of SOURCES) {
    throwIfAborted(options.signal);
    try {
      const found = await source.find(options);
      if (typeof found === 'string') return { token: found, source: source.name };
      looked.push({ source: source.name, why: found.why });
    } catch (error) {
      const isReplaced = given !== undefined && isUnusable(error);
      if (!isReplaced) throw error;
      break;
    }
  }
  if (given !== undefined) return { token: given, source: VARIABLE };
  return { token: undefined, looked: [...looked, { source: VARIABLE, why: 'not set' }] };
}

function isUnusable(error: unknown): boolean {
  return error instanceof OmsError && error.code === 'TOKEN_UNUSABLE';
}
