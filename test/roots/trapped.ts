/** A process in which nothing can reach the network; tells how a trust root was had, and what was tried. */
import dns from 'node:dns';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { OmsError } from '../../src/errors.ts';
import { loadTrust } from '../../src/roots/tuf.ts';

const trapped: string[] = [];

function trap(name: string): () => never {
  return () => {
    trapped.push(name);
    throw Object.assign(new Error('trapped'), { code: 'ECONNREFUSED' });
  };
}

net.Socket.prototype.connect = trap('socket');
dns.lookup = Object.assign(trap('lookup'), { __promisify__: trap('lookup') });
dns.promises.lookup = trap('lookup');
syncBuiltinESMExports();

const [cacheDirectory = '', mirrorUrl = '', root = '', now = '', how = '', without = ''] =
  process.argv.slice(2);
const source = await loadTrust({
  instance: 'production',
  cacheDirectory: without === '' ? cacheDirectory : undefined,
  mirrorUrl,
  root: Buffer.from(root, 'base64'),
  offline: how === 'offline',
  patience: { answer: 1000, total: 1000, pauses: [1, 1] },
  ...(now === '' ? {} : { now: new Date(now) }),
}).then(
  (trust) => trust.source,
  (error: unknown) => (error instanceof OmsError ? error.code : String(error)),
);
const loaded = Object.keys(createRequire(import.meta.url).cache);
const hasTuf = loaded.some((path) => /[\\/](?:tuf-js|@tufjs|@sigstore)[\\/]/.test(path));
console.log(JSON.stringify({ source, trapped, hasTuf }));
