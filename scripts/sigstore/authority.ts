import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CA, type Issued, issue } from '../../test/helpers/pki.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** What Fulcio issues certificates with, as files. */
export interface Authority {
  readonly root: Issued;
  readonly intermediate: Issued;
  /** PEM file: the intermediate, then the root. */
  readonly chainFile: string;
  readonly rootFile: string;
  /** PKCS #8 file of the intermediate's key. */
  readonly keyFile: string;
}

export function makeAuthority(directory: string): Authority {
  const root = issue({ subject: 'oms test root', ...CA });
  const intermediate = issue({
    subject: 'oms test intermediate',
    issuer: root,
    ...CA,
    pathLength: 0,
    extendedKeyUsage: [CODE_SIGNING],
  });
  const write = (name: string, text: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    root,
    intermediate,
    chainFile: write('chain.pem', intermediate.pem + root.pem),
    rootFile: write('root.pem', root.pem),
    keyFile: write(
      'intermediate.key',
      intermediate.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ),
  };
}
