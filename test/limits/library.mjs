// Calls the built library in this process, and prints one line of how that ended.
import { readFileSync } from 'node:fs';
import { inspect, OmsError, verify } from '../../dist/index.js';

const [call, bundle, model, publicKey] = process.argv.slice(2);
try {
  if (call === 'inspect') {
    const { statement } = inspect(readFileSync(bundle)).unverified;
    console.log(`inspected: ${statement.form} ${statement.reason ?? ''}`);
  } else {
    const policy = { method: 'key', publicKey: readFileSync(publicKey) };
    const { files } = await verify(model, readFileSync(bundle), policy);
    console.log(`verified: ${files}`);
  }
} catch (error) {
  if (!(error instanceof OmsError)) throw error;
  console.log(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
