import type { Case } from './case.ts';
import type { CredentialStore } from './credentials.ts';
import { exchangeCase } from './exchange.ts';
import type { Model } from './model.ts';
import { EMPTY_FILE, NESTED, PUNCTUATION, UNICODE } from './models.ts';
import { oms } from './oms.ts';
import { referenceApi } from './reference.ts';
import type { Venv } from './venv.ts';

/** Shards and the BLAKE digests, which the reference offers through its Python API only. */
export function serializations(venv: Venv, store: CredentialStore): readonly Case[] {
  const key = store.key('P-256');
  const shards = referenceApi(venv, 'shards sha256 10');
  const blake2Shards = referenceApi(venv, 'shards blake2 10');
  const blake2 = referenceApi(venv, 'files blake2');
  const blake3 = referenceApi(venv, 'files blake3', 'guessed');
  const ours = oms();
  const ours2 = oms(['--hash', 'blake2b']);
  const ours3 = oms(['--hash', 'blake3']);
  return [
    exchangeCase(shards, [ours, shards], key, named(NESTED, 'shards')),
    exchangeCase(shards, [ours], key, named(PUNCTUATION, 'shards')),
    exchangeCase(blake2Shards, [ours, blake2Shards], key, named(UNICODE, 'BLAKE2b shards')),
    exchangeCase(blake2, [ours, blake2], key, named(EMPTY_FILE, 'BLAKE2b')),
    exchangeCase(ours2, [blake2, ours2], key, named(EMPTY_FILE, 'BLAKE2b')),
    exchangeCase(blake3, [ours, blake3], key, named(EMPTY_FILE, 'BLAKE3')),
    exchangeCase(ours3, [blake3, ours3], key, named(EMPTY_FILE, 'BLAKE3')),
  ];
}

function named(model: Model, how: string): Model {
  return { ...model, title: `${model.title}, ${how}` };
}
