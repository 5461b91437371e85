import type { Command } from 'commander';
import { type InspectedCertificate, type Inspection, inspect } from '../api/inspect.ts';
import { OmsError } from '../errors.ts';
import type { Manifest } from '../format/manifest.ts';
import { absolutePath } from '../model/location.ts';
import { printable } from '../printable.ts';
import { addCommonOptions } from './common.ts';
import {
  block,
  count,
  inOneLine,
  iso,
  type Line,
  NAME_KINDS,
  serializationJson,
  stampJson,
  stampLine,
} from './describe.ts';
import { readSignatureFile } from './files.ts';
import type { CommonOptions, Report } from './session.ts';

interface InspectArguments extends CommonOptions {
  readonly resources?: boolean;
}

const EXAMPLES = `
Nothing of what is shown has been verified: anybody can write such a bundle.

Example:
  oms inspect ./model/model.sig --resources
`;

export function addInspectCommand(program: Command): Command {
  const command = program
    .command('inspect')
    .usage('BUNDLE [options]')
    .argument('[bundle...]')
    .summary('show what a signature file says, unverified')
    .description('Show what a signature file says of itself. Nothing of it is verified.')
    .option('--resources', 'list all files with their digests');
  return addCommonOptions(command).addHelpText('after', EXAMPLES);
}

export function runInspect([path, ...rest]: readonly string[], given: InspectArguments): Report {
  if (path === undefined || path === '' || rest.length > 0) {
    throw new OmsError('USAGE', 'inspect takes the path of one signature file');
  }
  const bundle = absolutePath(path);
  const { unverified } = inspect(readSignatureFile(path));
  return {
    command: 'inspect',
    exitCode: 0,
    json: {
      inspection: { bundle, verified: false, unverified: toJson(unverified, given) },
    },
    text: toText(bundle, unverified, given),
  };
}

type Unverified = Inspection['unverified'];

function* toText(
  bundle: string,
  unverified: Unverified,
  { resources, verbose }: InspectArguments,
): Generator<string, void> {
  const { method, keyHint, certificates, logEntries, timestamps, statement } = unverified;
  const lines: Line[] = [
    ['File', bundle],
    ['Method', method],
    ...(keyHint === undefined ? [] : [['Key', `sha256:${keyHint}`] as const]),
    ...certificates.flatMap(certificateLines),
    ['Log entries', logEntries.map(logEntryText).join(', ') || 'none'],
    ...timestampLines(timestamps),
    ['Statement', statement.form],
  ];
  if (statement.form === 'unreadable') {
    lines.push(['Reason', statement.reason]);
    yield* block('Unverified content of a signature file:', lines);
    return;
  }
  const { manifest } = statement;
  lines.push(...manifestLines(manifest, verbose));
  yield* block('Unverified content of a signature file:', lines);
  if (resources === true) yield* resourceLines(manifest);
}

function certificateLines(certificate: InspectedCertificate, index: number): readonly Line[] {
  const { subject, issuer, notBefore, notAfter, isCa, keyUsage, extendedKeyUsage } = certificate;
  const usage = [
    isCa ? 'CA' : 'not a CA',
    ...(keyUsage ?? []),
    ...(extendedKeyUsage ?? []).map((oid) => USAGES[oid] ?? oid),
  ];
  return [
    [`Certificate ${index + 1}`, subject || 'without a subject'],
    ...identityLines(certificate),
    ['  issued by', issuer],
    ['  valid', `${iso(notBefore)} to ${iso(notAfter)}`],
    ['  usage', usage.join(', ')],
    ['  fingerprint', `sha256:${certificate.fingerprint}`],
  ];
}

function identityLines({ identity }: InspectedCertificate): readonly Line[] {
  if (identity === undefined) return [];
  const { name, issuer, claims } = identity;
  return [
    ['  identity', `${name.value} (${NAME_KINDS[name.kind]})`],
    ['  provider', issuer],
    ...Object.entries(claims).map(([claim, value]) => [`  ${claim}`, value] as const),
  ];
}

/** Names that RFC 5280 §4.2.1.12 gives. */
const USAGES: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
};

function timestampLines(timestamps: Unverified['timestamps']): readonly Line[] {
  if (timestamps.length === 0) return [['Timestamps', 'none']];
  return timestamps.map((stamp, index) => {
    const text = 'reason' in stamp ? `unreadable: ${stamp.reason}` : stampLine(stamp)[1];
    return [`Timestamp ${index + 1}`, text];
  });
}

function logEntryText({ logIndex, integratedTime }: Unverified['logEntries'][number]): string {
  const seconds = Number(integratedTime);
  const when = seconds > 0 && seconds < 1e11 ? ` at ${iso(new Date(seconds * 1000))}` : '';
  return `index ${logIndex || 'unknown'}${when}`;
}

function manifestLines(
  { name, serialization, resources, rootDigest }: Manifest,
  verbose: boolean | undefined,
): readonly Line[] {
  const { hashAlgorithm, shardSize, allowSymlinks, ignorePaths } = serialization;
  const shown = inOneLine(ignorePaths, verbose);
  const shards = shardSize === undefined ? 'whole files' : `shards of ${count(shardSize, 'byte')}`;
  return [
    ['Subject', name === '' ? 'not named' : name],
    ['Root digest', `sha256:${rootDigest}`],
    ['Hashed', `${hashAlgorithm}, ${shards}`],
    ['Symlinks', allowSymlinks ? 'allowed' : 'not allowed'],
    ['Ignored paths', shown || 'none'],
    ['Resources', count(resources.length, 'resource')],
  ];
}

function* resourceLines({ resources }: Manifest): Generator<string, void> {
  for (const { digest, name } of resources) yield `    ${digest}  ${printable(name)}`;
}

function toJson(unverified: Unverified, { resources: all }: InspectArguments): object {
  const { statement, keyHint, ...others } = unverified;
  const certificates = others.certificates.map((certificate) => ({
    ...certificate,
    fingerprint: `sha256:${certificate.fingerprint}`,
  }));
  const timestamps = others.timestamps.map((stamp) =>
    'reason' in stamp
      ? { form: 'unreadable', ...stamp }
      : { form: 'RFC 3161', ...stampJson(stamp) },
  );
  const rest = { ...others, certificates, timestamps };
  if (statement.form === 'unreadable') {
    return { ...rest, ...hintJson(keyHint), statement };
  }
  const { name, resources, rootDigest, serialization } = statement.manifest;
  return {
    ...rest,
    ...hintJson(keyHint),
    statement: {
      form: statement.form,
      subject: name,
      rootDigest: `sha256:${rootDigest}`,
      serialization: serializationJson(serialization),
      resourceCount: resources.length,
      ...(all === true
        ? { resources: resources.map(({ name: path, digest }) => ({ name: path, digest })) }
        : {}),
    },
  };
}

function hintJson(keyHint: string | undefined): object {
  return keyHint === undefined ? {} : { keyHint: `sha256:${keyHint}` };
}
