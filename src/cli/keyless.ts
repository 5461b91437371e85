import { OmsError } from '../errors.ts';
import { type LoginFlow, login } from '../identity/login.ts';
import type { Signer } from '../signers/signer.ts';
import { sigstoreSigner } from '../signers/sigstore.ts';
import type { SigningStep } from '../signers/witnesses.ts';
import {
  parseSigningConfig,
  type SigningConfig,
  selectIdentityProvider,
  selectServices,
} from '../trust/signing-config.ts';
import type { SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
import { ask } from './ask.ts';
import { openBrowser } from './browser.ts';
import { askForConsent } from './consent.ts';
import {
  CLIENT_SECRET_VARIABLE,
  DEFAULT_CLIENT_ID,
  type KeylessArguments,
} from './keyless-options.ts';
import type { OnWait } from './progress.ts';
import { interruptible, type Session, say } from './session.ts';
import { findTokenOrigin, type TokenOrigin } from './token-origin.ts';
import { type ChosenTrust, chooseTrust } from './trust-choice.ts';

/** Keyless signing, as far as it can be prepared before there is a statement. */
interface KeylessSigning {
  readonly trust: ChosenTrust;
  readonly makeSigner: (waiting: Waiting) => Signer;
  /** Who has signed, once the signer has. */
  readonly signedBy: () => SigstoreSignerIdentity | undefined;
}

/** How a wait is ended, and shown. */
export interface Waiting {
  readonly signal?: AbortSignal;
  readonly onWait?: OnWait;
}

/**
 * Finds out what to trust, whose identity signs, and whether that is wanted.
 *
 * @throws {OmsError} `USAGE`, `TRUST_UNUSABLE`, `TOKEN_UNUSABLE`, `ABORTED`
 */
export async function prepareKeyless(
  given: KeylessArguments,
  session: Session,
): Promise<KeylessSigning> {
  keepLoopbackDirect(session.env);
  const origin = await findTokenOrigin(given, session);
  const trust = await interruptible(session, (signal) => chooseTrust(given, session, signal));
  if (trust.signingConfig === undefined) {
    throw new OmsError('USAGE', 'a trusted root alone does not say where to sign', {
      expected: '--trust-config, with the services of the instance',
    });
  }
  const { trustedRoot, signingConfig } = trust;
  const config = parseSigningConfig(signingConfig);
  const logs = selectServices(config, new Date()).logs.map(({ url }) => url);
  await askForConsent(logs, given.yes === true, session);
  let signer: SigstoreSignerIdentity | undefined;
  return {
    trust,
    signedBy: () => signer,
    makeSigner: (waiting) =>
      sigstoreSigner({
        trustedRoot,
        signingConfig,
        audience: given.clientId ?? DEFAULT_CLIENT_ID,
        ...(waiting.signal === undefined ? {} : { signal: waiting.signal }),
        ...(given.serviceTimeout === undefined ? {} : { timeout: given.serviceTimeout * 1000 }),
        identityProvider: () => getToken(origin, config, given, session, waiting),
        onStep: (step) => waiting.onWait?.(stepText(step)),
        onSigned: (identity) => {
          signer = identity;
        },
      }),
  };
}

function getToken(
  origin: TokenOrigin,
  config: SigningConfig,
  given: KeylessArguments,
  session: Session,
  waiting: Waiting,
): Promise<string> {
  if (origin.kind === 'token') return origin.get(waiting.signal);
  const { url: issuer } = selectIdentityProvider(config, new Date());
  const clientSecret = given.clientSecret ?? session.env[CLIENT_SECRET_VARIABLE];
  const start = (flow: LoginFlow): Promise<string> =>
    login({
      issuer,
      clientId: given.clientId ?? DEFAULT_CLIENT_ID,
      ...(clientSecret ? { clientSecret } : {}),
      ...(waiting.signal === undefined ? {} : { signal: waiting.signal }),
      flow,
    });
  const withCode = (): Promise<string> => {
    waiting.onWait?.();
    return start({ kind: 'out-of-band', ask: (url, signal) => askForCode(url, signal, session) });
  };
  return origin.outOfBand ? withCode() : loginInBrowser(start, withCode, session, waiting);
}

/**
 * What is sent to this machine itself is not encrypted, so it must not go through a proxy. Node has
 * no other switch for that than these variables.
 */
function keepLoopbackDirect(env: Session['env']): void {
  for (const name of ['NO_PROXY', 'no_proxy']) {
    const others = env[name];
    if (others === '*' || (name === 'no_proxy' && others === undefined)) continue;
    process.env[name] = [others, 'localhost', '127.0.0.1', '[::1]', '::1']
      .filter(Boolean)
      .join(',');
  }
}

/** The browser has no use for tokens and secrets. */
function withoutSecretVariables(env: Session['env']): Record<string, string | undefined> {
  const others = Object.entries(env).filter(([name]) => !/TOKEN|SECRET|PASSWORD/i.test(name));
  return Object.fromEntries(others);
}

/** Where no browser can be opened, the way by a code is taken. */
async function loginInBrowser(
  start: (flow: LoginFlow) => Promise<string>,
  withCode: () => Promise<string>,
  session: Session,
  { onWait }: Waiting,
): Promise<string> {
  let isOpen = true;
  const open = async (url: string): Promise<void> => {
    isOpen = await openBrowser(url, withoutSecretVariables(session.env));
    if (!isOpen) throw new OmsError('LOGIN_FAILED', 'no browser can be opened here');
    onWait?.();
    say(session, ['Log in in the browser window that has opened, or at', url]);
    onWait?.('Waiting for the login in the browser');
  };
  try {
    return await start({ kind: 'browser', open });
  } catch (error) {
    if (isOpen) throw error;
    return withCode();
  }
}

function askForCode(url: string, signal: AbortSignal, session: Session): Promise<string> {
  say(session, ['Log in at this address, in any browser, and copy the code that it shows:', url]);
  return ask({ prompt: 'Code: ', unanswered: 'no code was given', signal }, session);
}

const STEPS: Readonly<Record<SigningStep['what'], string>> = {
  certificate: 'a certificate',
  log: 'an entry in the log',
  timestamp: 'a timestamp',
};

function stepText({ what, url }: SigningStep): string {
  return `Waiting for ${STEPS[what]} of ${url}`;
}
