import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Venv } from '../scripts/interop/venv.ts';
import type { HashAlgorithm } from '../src/format/manifest.ts';
import type { Keys } from './keys.ts';
import type { Command } from './timer.ts';

export type Task = 'digest' | 'sign key' | 'verify key';

export interface Hashing {
  readonly hash: HashAlgorithm;
  /** Bytes of a shard, or `undefined` for one digest a file. */
  readonly shardSize: number | undefined;
}

/** What a program is to do. */
export interface Job extends Hashing {
  readonly task: Task;
  /** Path of the model. */
  readonly model: string;
  /** Path of the signature file, outside of the model. */
  readonly signature: string;
}

export type ProgramId = 'oms' | 'reference' | 'twoWorkers' | 'openssl' | 'node';

export interface Program {
  readonly id: ProgramId;
  /** As a reader knows it. */
  readonly name: string;
  /** Whether it prints the model's root digest when that is its task. */
  readonly tellsDigest: boolean;
  readonly command: (job: Job) => Command;
}

/** The hashing that all programs do when nothing else is asked for. */
export const PLAIN: Hashing = { hash: 'sha256', shardSize: undefined };

const OMS = fileURLToPath(new URL('../bin/oms.cjs', import.meta.url));
const REFERENCE = fileURLToPath(new URL('reference.py', import.meta.url));

/** This project's command line. */
export function oms(keys: Keys): Program {
  const words = ({ task, model, signature, hash, shardSize }: Job): readonly string[] => {
    const hashing = [
      ...(hash === 'sha256' ? [] : ['--hash', hash]),
      ...(shardSize === undefined ? [] : ['--shard-size', String(shardSize)]),
    ];
    const silently = ['--signature', signature, '--quiet'];
    switch (task) {
      case 'digest':
        return ['digest', model, ...hashing];
      case 'sign key':
        return ['sign', model, '--private-key', keys.privateKey, ...silently, ...hashing];
      case 'verify key':
        return ['verify', model, '--public-key', keys.publicKey, ...silently];
    }
  };
  return {
    id: 'oms',
    name: 'oms',
    tellsDigest: true,
    command: (job) => ({ program: process.execPath, words: [OMS, ...words(job)] }),
  };
}

/** The reference as its users get it: its command line, and its API where that has no word for it. */
export function reference(venv: Venv, keys: Keys): Program {
  const api = referenceApi(venv, keys, null);
  return {
    id: 'reference',
    name: 'reference',
    tellsDigest: true,
    command: (job) => {
      const { task, model, signature, hash, shardSize } = job;
      if (task === 'digest' || hash !== 'sha256' || shardSize !== undefined) return api(job);
      const key =
        task === 'sign key' ? ['--private_key', keys.privateKey] : ['--public_key', keys.publicKey];
      const words = [...task.split(' '), model, ...key, '--signature', signature];
      return { program: venv.modelSigning, words };
    },
  };
}

/** The reference with two threads, as many as the machine of the targets has processors. */
export function referenceWithTwoWorkers(venv: Venv, keys: Keys): Program {
  return {
    id: 'twoWorkers',
    name: 'reference, 2 workers',
    tellsDigest: true,
    command: referenceApi(venv, keys, 2),
  };
}

function referenceApi(venv: Venv, keys: Keys, workers: number | null): Program['command'] {
  return (job) => {
    const hash = job.hash === 'blake2b' ? 'blake2' : job.hash;
    const asked = { ...job, ...keys, hash, shardSize: job.shardSize ?? null, workers };
    return { program: venv.python, words: [REFERENCE, JSON.stringify(asked)] };
  };
}

/** The least that a program with OpenSSL can do: one file after the other, on one thread. */
export const OPENSSL: Program = {
  id: 'openssl',
  name: 'openssl dgst',
  tellsDigest: false,
  command: ({ model }) => {
    const entries = readdirSync(model, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name));
    return { program: 'openssl', words: ['dgst', '-sha256', ...paths] };
  },
};

/** Node.js itself: no program that runs in it starts faster. */
export const BARE_NODE: Program = {
  id: 'node',
  name: 'node -e 0',
  tellsDigest: false,
  command: () => ({ program: process.execPath, words: ['-e', '0'] }),
};
