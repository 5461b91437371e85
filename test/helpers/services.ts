import type { Selection, Service, SigningConfig } from '../../src/trust/signing-config.ts';

/** When services are chosen in tests. */
export const NOW = new Date('2026-01-01T00:00:00Z');
const day = (number: number): Date => new Date(NOW.getTime() + number * 86_400_000);

export interface ServiceOptions {
  readonly version?: number;
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  readonly operator?: string;
}

export function service(name: string, options: ServiceOptions = {}): Service {
  const { version = 1, from, to, operator = 'example.com' } = options;
  return {
    url: `https://${name}.example.com`,
    apiVersion: version,
    validity: {
      start: from === undefined ? undefined : day(from),
      end: to === undefined ? undefined : day(to),
    },
    operator,
  };
}

export const ANY: Selection = { selector: 'ANY' };
export const ALL: Selection = { selector: 'ALL' };
export const exactly = (count: number): Selection => ({ selector: 'EXACT', count });

/** One service of each kind, but for what is given. */
export function config(parts: Partial<SigningConfig> = {}): SigningConfig {
  return {
    certificateAuthorities: [service('ca')],
    identityProviders: [service('idp')],
    logs: [service('log')],
    logSelection: ANY,
    timestampAuthorities: [service('tsa')],
    timestampSelection: ANY,
    ...parts,
  };
}
