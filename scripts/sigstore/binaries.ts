import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { go, requireGo } from './go.ts';

/** Paths of the servers' programs. */
export interface Binaries {
  readonly ctLog: string;
  readonly fulcio: string;
  readonly rekor: string;
  readonly timestamp: string;
}

/** A command of a published Go module, built as its authors pinned what it needs. */
interface Published {
  readonly name: string;
  readonly module: string;
  readonly version: string;
}

const FULCIO: Published = {
  name: 'fulcio',
  module: 'github.com/sigstore/fulcio',
  version: 'v1.8.8',
};

const REKOR: Published = {
  name: 'rekor',
  module: 'github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix',
  version: 'v2.3.0',
};

/** The commands of our own, around libraries of published modules. See servers/go.mod. */
const SERVERS = fileURLToPath(new URL('servers', import.meta.url));

/**
 * Builds what is not in the cache yet.
 *
 * @throws {Unavailable}
 */
export async function prepareBinaries(
  cache: string,
  say: (line: string) => void,
): Promise<Binaries> {
  mkdirSync(cache, { recursive: true });
  // One after the other: each build takes all processors there are.
  const fulcio = await published(cache, FULCIO, say);
  const rekor = await published(cache, REKOR, say);
  const ctLog = await own(cache, 'ctlog', say);
  const timestamp = await own(cache, 'timestamp', say);
  return { ctLog, fulcio, rekor, timestamp };
}

function published(
  cache: string,
  { name, module, version }: Published,
  say: (line: string) => void,
): Promise<string> {
  return cached(cache, `${name}-${version}`, say, (directory) =>
    go(['install', '-trimpath', `${module}@${version}`], {
      GOBIN: directory,
      CGO_ENABLED: '0',
      GOFLAGS: '',
    }),
  );
}

function own(cache: string, name: string, say: (line: string) => void): Promise<string> {
  return cached(cache, `${name}-${fingerprint(name)}`, say, (directory) =>
    go(
      ['build', '-trimpath', '-buildvcs=false', '-o', directory, `./${name}`],
      { CGO_ENABLED: '0', GOFLAGS: '' },
      SERVERS,
    ),
  );
}

/** Stands for a version: changes with the source and with what it is built from. */
function fingerprint(name: string): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', `${name}/main.go`]) {
    hash.update(readFileSync(join(SERVERS, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** A program in the cache; it gets there in one step, so that it is whole if it is there. */
async function cached(
  cache: string,
  name: string,
  say: (line: string) => void,
  build: (directory: string) => Promise<unknown>,
): Promise<string> {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  await requireGo();
  say(`building ${name}`);
  const directory = mkdtempSync(join(cache, 'build-'));
  try {
    await build(directory);
    const [program, ...others] = readdirSync(directory);
    if (program === undefined || others.length > 0) {
      throw new Error(`go built not one program for ${name}`);
    }
    renameSync(join(directory, program), path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return path;
}
