import type { Case } from './case.ts';
import type { CredentialStore } from './credentials.ts';
import { exchangeCase, forgeryCase } from './exchange.ts';
import { FLAT, LINKS, MODELS, NESTED, SIGNATURE_INSIDE, UNICODE, UNSIGNED } from './models.ts';
import { oms } from './oms.ts';
import { reference } from './reference.ts';
import type { Tool } from './tool.ts';
import type { Venv } from './venv.ts';

/** Which files count does not depend on the method, so that not all are run with certificates. */
const SOME_MODELS = [FLAT, UNICODE, SIGNATURE_INSIDE, LINKS, UNSIGNED];

/** What must work between the two command lines, in both directions. */
export function matrix(venv: Venv, store: CredentialStore): readonly Case[] {
  const key = store.key('P-256');
  const certificate = store.certificate('P-384');
  const others = [
    store.key('P-384', 'sec1'),
    store.key('P-521'),
    store.certificate('P-256', { root: 'RSA-3072' }),
    store.certificate('P-256', { withRoot: true }),
    store.certificate('P-521', { root: 'P-521' }),
  ];
  const cli = reference(venv);
  const ours = oms();
  const pairs: readonly (readonly [Tool, Tool])[] = [
    [cli, ours],
    [ours, cli],
  ];
  return [
    ...pairs.flatMap(([signer, verifier]) => {
      const verifiers = [verifier, signer] as const;
      return [
        ...MODELS.map((model) => exchangeCase(signer, verifiers, key, model)),
        ...SOME_MODELS.map((model) => exchangeCase(signer, verifiers, certificate, model)),
        ...others.map((credentials) => exchangeCase(signer, verifiers, credentials, NESTED)),
        forgeryCase(signer, verifiers, key, FLAT),
        forgeryCase(signer, verifiers, certificate, FLAT),
      ];
    }),
    exchangeCase(ours, [cli, ours], store.leafAlone(), FLAT),
  ];
}
