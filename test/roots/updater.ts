/** A process that updates a cache again and again, and reads it each time. */
import { type LoadOptions, loadTrust, updateTrust } from '../../src/roots/tuf.ts';

type Given = Record<'instance' | 'cacheDirectory' | 'mirrorUrl' | 'root' | 'now', string>;

const given = JSON.parse(process.argv[2] ?? '') as Given;
const options: LoadOptions = {
  instance: given.instance === 'staging' ? 'staging' : 'production',
  cacheDirectory: given.cacheDirectory,
  mirrorUrl: given.mirrorUrl,
  root: Buffer.from(given.root, 'base64'),
  now: new Date(given.now),
};
for (let round = 0; round < 10; round++) {
  const updated = await updateTrust(options);
  const loaded = await loadTrust({ ...options, offline: true });
  process.stdout.write(`${updated.source},${loaded.source} `);
}
