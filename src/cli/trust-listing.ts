import type { KeyObject } from 'node:crypto';
import { printable } from '../printable.ts';
import type { Selection, Service, SigningConfig } from '../trust/signing-config.ts';
import type { Authority, Log, TrustedRoot } from '../trust/trusted-root.ts';
import { covers, type Validity } from '../trust/validity.ts';
import { iso, type Line } from './describe.ts';

/** What is shown of a part of a trust configuration. */
interface Listing {
  readonly sections: readonly Section[];
  readonly json: Readonly<Record<string, unknown>>;
}

interface Section {
  readonly title: string;
  readonly items: readonly Item[];
}

interface Item {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly json: Readonly<Record<string, unknown>>;
}

export function listRoot(root: TrustedRoot, now: Date): Listing {
  const authorities = (list: readonly Authority[]): Item[] =>
    list.map((authority) => authorityItem(authority, now));
  const logs = (list: readonly Log[]): Item[] => list.map((log) => logItem(log, now));
  return listing([
    ['certificateAuthorities', 'Certificate authorities', authorities(root.certificateAuthorities)],
    ['ctLogs', 'Logs of certificates', logs(root.ctLogs)],
    ['logs', 'Logs of signatures', logs(root.logs)],
    ['timestampAuthorities', 'Timestamp authorities', authorities(root.timestampAuthorities)],
  ]);
}

export function listConfig(config: SigningConfig, now: Date): Listing {
  const services = (list: readonly Service[]): Item[] =>
    list.map((service) => serviceItem(service, now));
  const { logSelection, timestampSelection } = config;
  const { sections, json } = listing([
    [
      'certificateAuthorities',
      'For signing: certificate authorities',
      services(config.certificateAuthorities),
    ],
    ['identityProviders', 'For signing: identity providers', services(config.identityProviders)],
    ['logs', `For signing: logs, ${selectionText(logSelection)}`, services(config.logs)],
    [
      'timestampAuthorities',
      `For signing: timestamp authorities, ${selectionText(timestampSelection)}`,
      services(config.timestampAuthorities),
    ],
  ]);
  return { sections, json: { ...json, logSelection, timestampSelection } };
}

function listing(parts: readonly (readonly [key: string, title: string, Item[]])[]): Listing {
  return {
    sections: parts.map(([, title, items]) => ({ title, items })),
    json: Object.fromEntries(parts.map(([key, , items]) => [key, items.map(({ json }) => json)])),
  };
}

/** A section as text; the titles of its items come from outside. */
export function sectionLines({ title, items }: Section): readonly string[] {
  const width = Math.max(...items.flatMap(({ lines }) => lines.map(([label]) => label.length)), 0);
  return [
    '',
    `${title}:${items.length === 0 ? ' none' : ''}`,
    ...items.flatMap((item) => [
      `  ${printable(item.title)}`,
      ...item.lines.map(([label, value]) => `    ${label.padEnd(width)}  ${printable(value)}`),
    ]),
  ];
}

function authorityItem({ uri, operator, chain, validity }: Authority, now: Date): Item {
  const [first] = chain;
  const effective = chain.reduce(
    (window, { notBefore, notAfter }) => narrower(window, { start: notBefore, end: notAfter }),
    validity,
  );
  const certificates = chain.map(({ subject, fingerprint, notBefore, notAfter }) => ({
    subject,
    fingerprint: `sha256:${fingerprint}`,
    notBefore,
    notAfter,
  }));
  return {
    title: uri || first.subject,
    lines: [
      ...operatorLines(operator),
      ['Certificate', first.subject],
      ['Fingerprint', `sha256:${first.fingerprint}`],
      ['Good', validityText(effective, now)],
    ],
    json: { uri, operator, certificates, ...validityJson(effective, now) },
  };
}

function logItem({ baseUrl, operator, ids, key, validity }: Log, now: Date): Item {
  const hexIds = ids.map((id) => Buffer.from(id).toString('hex'));
  return {
    title: baseUrl,
    lines: [
      ...operatorLines(operator),
      ...hexIds.map((id): Line => ['Id', id]),
      ['Key', keyName(key)],
      ['Good', validityText(validity, now)],
    ],
    json: { baseUrl, operator, ids: hexIds, key: keyName(key), ...validityJson(validity, now) },
  };
}

function serviceItem({ url, apiVersion, operator, validity }: Service, now: Date): Item {
  return {
    title: `${url} (API version ${apiVersion})`,
    lines: [...operatorLines(operator), ['Good', validityText(validity, now)]],
    json: { url, apiVersion, operator, ...validityJson(validity, now) },
  };
}

function operatorLines(operator: string): readonly Line[] {
  return operator === '' ? [] : [['Run by', operator]];
}

/** Names of NIST for the curves that have one. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function keyName({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve = '', modulusLength } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return CURVES[namedCurve] ?? namedCurve;
  if (asymmetricKeyType === 'rsa') return `RSA ${modulusLength}`;
  return asymmetricKeyType === 'ed25519' ? 'Ed25519' : (asymmetricKeyType ?? 'unknown');
}

function selectionText(selection: Selection): string {
  switch (selection.selector) {
    case 'ALL':
      return 'all';
    case 'ANY':
      return 'any one';
    case 'EXACT':
      return `${selection.count} of different operators`;
  }
}

function narrower(a: Validity, b: Validity): Validity {
  const starts = [a.start, b.start].filter((time) => time !== undefined);
  const ends = [a.end, b.end].filter((time) => time !== undefined);
  return {
    start: starts.toSorted((x, y) => y.getTime() - x.getTime())[0],
    end: ends.toSorted((x, y) => x.getTime() - y.getTime())[0],
  };
}

/** `now, from 2026-01-31T12:00:00Z` */
function validityText({ start, end }: Validity, now: Date): string {
  const parts = [
    whenGood({ start, end }, now),
    start === undefined ? '' : `from ${iso(start)}`,
    end === undefined ? '' : `until ${iso(end)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function validityJson({ start, end }: Validity, now: Date): object {
  return {
    good: whenGood({ start, end }, now),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function whenGood(validity: Validity, now: Date): 'now' | 'no longer' | 'not yet' {
  if (covers(validity, now)) return 'now';
  return validity.start !== undefined && now < validity.start ? 'not yet' : 'no longer';
}
