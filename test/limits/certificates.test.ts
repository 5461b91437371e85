import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, inspect, verify } from '../../src/index.ts';
import {
  CA,
  certificateBundle,
  chainOf,
  der,
  extension,
  integer,
  type Issued,
  type IssueOptions,
  issue,
  makeKey,
  oid,
  pemOf,
  sequence,
  SIGNER,
} from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { runProgram, sized } from './measured.ts';
import { Scene } from './scene.ts';

/** Far more than any of these takes. */
const QUICKLY = 10_000;

const { root, intermediate, leaf } = chainOf();

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
  scene.write('root.pem', root.pem);
  scene.write('leaf.pem', leaf.pem);
  scene.write('leaf.key', leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  scene.write('chain.sig', JSON.stringify(bundleOf(leaf, intermediate)));
});
afterAll(() => scene.remove());

function bundleOf(...certificates: readonly [Issued, ...Issued[]]): Bundle {
  const { payload } = (JSON.parse(scene.good) as Bundle).dsseEnvelope;
  return certificateBundle(Buffer.from(payload, 'base64'), certificates);
}

function verifying(bundle: string, anchors: string): readonly string[] {
  return ['verify', scene.path('model'), '--signature', bundle, '--certificate-chain', anchors];
}

function check(bundle: Bundle, anchor = root): Promise<unknown> {
  return verify(scene.path('model'), bundle, { method: 'certificate', anchors: [anchor.pem] });
}

const VERIFIED = 'Verified: the model is what was signed.';
const TOO_MANY_WAYS = 'Refused: there are too many ways through the certificates';

describe('a bundle with ten thousand certificates', () => {
  it('is refused by their number', async () => {
    const others = Array<Issued>(10_000).fill(intermediate);
    const bundle = scene.write('many.sig', JSON.stringify(bundleOf(leaf, ...others)));
    const line = 'x509CertificateChain.certificates: expected 1 to 32 certificates, found 10001';
    const refused = { exit: 1, line, memory: 50 } as const;
    await runProgram(verifying(bundle, scene.path('root.pem')), refused);
    await runProgram(scene.inspect(bundle), refused);
  });

  it('may have thirty-two, were all but one the same', async () => {
    const others = Array<Issued>(30).fill(intermediate);
    expect(await check(bundleOf(leaf, intermediate, ...others))).toMatchObject({ files: 1 });
    await refusal(() => check(bundleOf(leaf, ...others, root, root)), 'BUNDLE_MALFORMED');
  });
});

describe('certificates of as many names as layers, several of each', () => {
  /** Each layer is signed by the one above, whose certificates have one name and one key. */
  function graph(layers: number, each: number, top: Issued): readonly [Issued, ...Issued[]] {
    const all: Issued[] = [];
    let above = top;
    for (let layer = 0; layer < layers; layer++) {
      const key = makeKey('P-256');
      const issuer = above;
      const subject = `Layer ${layer}`;
      const own = Array.from({ length: each }, () =>
        issue({ subject, key, issuer, ...CA, keyIdentifiers: false }),
      );
      all.push(...own);
      above = own[0] ?? above;
    }
    return [issue({ subject: 'Leaf', issuer: above, ...SIGNER, keyIdentifiers: false }), ...all];
  }

  it.each([
    [3, 10],
    [6, 5],
    [15, 2],
  ])('%d layers of %d end in a refusal where they lead nowhere', async (layers, each) => {
    const nowhere = issue({ subject: 'Nowhere', ...CA });
    const certificates = graph(layers, each, nowhere);
    const bundle = scene.write('graph.sig', JSON.stringify(bundleOf(...certificates)));
    const refused = { exit: 1, line: TOO_MANY_WAYS, memory: 20 } as const;
    await runProgram(verifying(bundle, scene.path('root.pem')), refused);
  });

  it('do not hide the way where they lead to the anchor', { timeout: QUICKLY }, async () => {
    for (const [layers, each] of [
      [3, 10],
      [5, 6],
      [8, 3],
    ] as const) {
      expect(await check(bundleOf(...graph(layers, each, root)))).toMatchObject({ files: 1 });
    }
  });

  it('end in a refusal among a great many anchors as well', async () => {
    const key = makeKey('P-256');
    const anchors = Array.from({ length: sized(300, 1_500) }, (_, at) =>
      issue({ subject: `Anchor ${at}`, key, ...CA, keyIdentifiers: false }),
    );
    const pem = scene.write('anchors.pem', anchors.map((one) => one.pem).join(''));
    const nowhere = issue({ subject: 'Nowhere', ...CA });
    const bundle = scene.write('graph.sig', JSON.stringify(bundleOf(...graph(5, 6, nowhere))));
    const refused = { exit: 1, line: TOO_MANY_WAYS, memory: 70 } as const;
    await runProgram(verifying(bundle, pem), refused);
  });
});

/** An RSA key as a certificate holds it, of which nobody has the other half. */
function rsa(bits: number, exponent: Uint8Array): Buffer {
  const modulus = der(0x02, Buffer.of(0), Buffer.alloc(bits / 8, 0xff));
  const key = sequence(modulus, der(0x02, exponent));
  const algorithm = sequence(oid('1.2.840.113549.1.1.1'), der(0x05));
  return sequence(algorithm, der(0x03, Buffer.of(0), key));
}

/** A certificate with another key in it, so that its signature is wrong. */
function withKey(spki: Buffer, options: IssueOptions): Issued {
  const own = issue(options);
  const [tbs] = childrenOf(own.der);
  const members = childrenOf(tbs ?? Buffer.alloc(0));
  const parts = members.map((member, at) => (at === 6 ? spki : member));
  const rest = childrenOf(own.der).slice(1);
  const bytes = sequence(sequence(...parts), ...rest);
  return { ...own, der: bytes, pem: pemOf('CERTIFICATE', bytes) };
}

/** The members of a sequence, with their tags and lengths. */
function childrenOf(bytes: Buffer): readonly Buffer[] {
  const [start, end] = contentOf(bytes, 0);
  const children: Buffer[] = [];
  for (let at = start; at < end; ) {
    const next = contentOf(bytes, at)[1];
    children.push(bytes.subarray(at, next));
    at = next;
  }
  return children;
}

function contentOf(bytes: Buffer, at: number): readonly [number, number] {
  const length = bytes.readUInt8(at + 1);
  if (length < 0x80) return [at + 2, at + 2 + length];
  const start = at + 2 + (length & 0x7f);
  return [start, start + bytes.readUIntBE(at + 2, length & 0x7f)];
}

describe('an issuer with a giant key', { timeout: QUICKLY }, () => {
  const own = { subject: 'Test Intermediate', ...CA, keyIdentifiers: false } as const;
  const below = issue({
    subject: 'Leaf',
    issuer: intermediate,
    ...SIGNER,
    keyIdentifiers: false,
  });
  const SIZE =
    'expected RSA with at least 2048 bits, or ECDSA on P-256, P-384 or P-521, the curve by name, found';
  const HUGE_EXPONENT = Buffer.concat([Buffer.of(0), Buffer.alloc(2_047, 0xff)]);

  it.each([
    ['of 64,000 bits', rsa(64_000, Buffer.of(1, 0, 1)), `${SIZE} rsa 64000`],
    ['of 120,000 bits', rsa(120_000, Buffer.of(1, 0, 1)), `${SIZE} rsa 120000`],
    [
      'of 16,384 bits, with an exponent as long',
      rsa(16_384, HUGE_EXPONENT),
      'expected an odd RSA exponent from 3 to 2^32, found a larger one',
    ],
    ['of 512 bits', rsa(512, Buffer.of(3)), `${SIZE} rsa 512`],
  ])('%s is refused before its signature is looked at', async (_, spki, found) => {
    const issuer = withKey(spki, own);
    for (const bundle of [
      bundleOf(below, issuer),
      bundleOf(below, ...Array<Issued>(31).fill(issuer)),
    ]) {
      const { message } = await refusal(() => check(bundle), 'CERTIFICATE_REFUSED');
      expect(message).toContain(found);
      expect(inspect(bundle).unverified.certificates.at(-1)).toMatchObject({ isCa: true });
    }
    const { message } = await refusal(() => check(bundleOf(below), issuer), 'CERTIFICATE_REFUSED');
    expect(message).toContain(found);
  });

  it('of the largest that are allowed takes no long time', async () => {
    const spki = rsa(16_384, Buffer.of(0, 0xff, 0xff, 0xff, 0xfb));
    const clones = Array.from({ length: 6 }, () => withKey(spki, own));
    const bundle = bundleOf(below, ...clones);
    await refusal(() => check(bundle), 'CERTIFICATE_REFUSED');
  });

  it('as the signer is refused for it', async () => {
    const signer = withKey(rsa(64_000, Buffer.of(1, 0, 1)), {
      ...SIGNER,
      subject: 'S',
      issuer: root,
    });
    const { message } = await refusal(() => check(bundleOf(signer)), 'CERTIFICATE_REFUSED');
    expect(message).toContain('expected ECDSA on P-256, P-384 or P-521');
  });
});

describe('a certificate of hundreds of kilobytes', { timeout: QUICKLY }, () => {
  const KINDS: readonly (readonly [string, (size: number) => Partial<IssueOptions>])[] = [
    // It is the name of its issuer too.
    ['names', (size) => ({ subject: 'N'.repeat(size / 2) })],
    [
      'extensions',
      (size) => ({
        extensions: Array.from({ length: Math.floor(size / 20) }, (_, at) =>
          extension(`1.2.3.${at + 1}`, at % 2 === 0, Buffer.of(5, 0)),
        ),
      }),
    ],
    [
      'alternative names',
      (size) => {
        const names = Buffer.concat(
          Array.from({ length: Math.floor(size / 8) }, (_, at) => der(0x82, Buffer.from(`n${at}`))),
        );
        return { extensions: [extension('2.5.29.17', false, sequence(names))] };
      },
    ],
    [
      'octets that are no DER',
      (size) => {
        const octets = Buffer.alloc(size - (size % 3), Buffer.of(4, 1, 0x30));
        return { extensions: [extension('1.2.3', false, der(0x04, octets))] };
      },
    ],
    [
      'nothing but depth',
      (size) => {
        let value: Buffer = Buffer.of(5, 0);
        for (let left = Math.min(size, 20_000) / 4; left > 0; left--) value = sequence(value);
        return { extensions: [extension('1.2.3', false, value)] };
      },
    ],
    ['numbers', (size) => ({ extensions: [integers(size)] })],
  ];

  /** As many numbers as there is room for, in an extension that nobody reads. */
  function integers(size: number): Buffer {
    return extension(
      '1.2.3',
      false,
      sequence(Buffer.concat(Array(Math.floor(size / 4)).fill(integer(77)))),
    );
  }

  it.each(KINDS)('of %s is refused in a bundle, and is an anchor like others', async (_, make) => {
    const options = { subject: 'Other', ...CA, keyIdentifiers: false };
    const large = issue({ ...options, ...make(sized(200_000, 700_000)) });
    const anchors = scene.write('large.pem', large.pem + root.pem);
    const good = { exit: 0, line: VERIFIED, memory: 260 } as const;
    await runProgram(verifying(scene.path('chain.sig'), anchors), good);
    if (large.der.length > 16 * 1024) {
      const bundle = bundleOf(leaf, intermediate, large);
      const { message } = await refusal(() => check(bundle), 'BUNDLE_MALFORMED');
      expect(message).toContain('certificates[2]: expected at most 16384 bytes');
    }
    // As much of it as a bundle may hold does no harm either.
    const small = issue({ ...options, ...make(13_000) });
    const others = Array<Issued>(30).fill(small);
    const bundle = bundleOf(leaf, intermediate, ...others);
    expect(await check(bundle)).toMatchObject({ files: 1 });
    expect(inspect(bundle).unverified.certificates).toHaveLength(32);
  });
});

describe('a PEM file', () => {
  const BLOCK = '-----BEGIN A-----\n-----END A-----\n';
  const MEBIBYTE = 2 ** 20;

  it.each<[string, string, string]>([
    ['of a hundred thousand blocks', BLOCK.repeat(100_000), 'is too large: expected at most'],
    [
      'of as many blocks as fit',
      BLOCK.repeat(Math.floor(MEBIBYTE / BLOCK.length)),
      'expected at least one PEM block "CERTIFICATE", found "A", "A"',
    ],
    [
      'of beginnings only',
      '-----BEGIN CERTIFICATE-----\n'.repeat(37_000),
      'expected at least one PEM block "CERTIFICATE", found no PEM block',
    ],
    ['of line ends', '\n'.repeat(MEBIBYTE), 'found no PEM block'],
    ['of one line', 'x'.repeat(MEBIBYTE), 'found no PEM block'],
    [
      'of empty certificates',
      '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'.repeat(19_000),
      'certificate 1 of the trusted certificates cannot be read',
    ],
  ])('%s holds no anchor', async (_, text, line) => {
    const pem = scene.write('blocks.pem', text);
    const words = verifying(scene.path('chain.sig'), pem);
    await runProgram(words, { exit: 3, line, memory: 60 });
  });

  it('of thousands of certificates is searched, and too long for a chain to sign with', async () => {
    const many = root.pem.repeat(Math.floor((MEBIBYTE - 1) / root.pem.length));
    const pem = scene.write('many.pem', many);
    const good = { exit: 0, line: VERIFIED, memory: 40 } as const;
    await runProgram(verifying(scene.path('chain.sig'), pem), good);

    const key = makeKey('P-256');
    const others = Array.from({ length: sized(40, 1_000) }, (_, at) =>
      issue({ subject: `CA ${at}`, key, ...CA }),
    );
    const chain = scene.write('chain.pem', others.map((one) => one.pem).join(''));
    const sign = ['sign', scene.path('model'), '--signature', scene.path('new.sig')];
    const signer = ['--private-key', scene.path('leaf.key')];
    const own = ['--signing-certificate', scene.path('leaf.pem')];
    const line = 'the certificate chain is too long: expected at most 32 certificates';
    const words = [...sign, ...signer, ...own, '--certificate-chain', chain];
    await runProgram(words, { exit: 3, line, memory: 50 });
  });
});
