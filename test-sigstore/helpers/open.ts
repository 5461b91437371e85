import { writeFileSync } from 'node:fs';
import { browse } from '../../scripts/sigstore/browser.ts';

/** Stands in for the user's browser: goes to a URL, and writes down where it came out. */
const [, , url = '', record = ''] = process.argv;
writeFileSync(record, JSON.stringify(await browse(url)));
