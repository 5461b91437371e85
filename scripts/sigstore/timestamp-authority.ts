import { X509Certificate } from 'node:crypto';
import { type Service, startProgram } from './server.ts';

export interface TimestampService extends Service {
  /** DER, from the certificate that signs timestamps to the root. */
  readonly chain: readonly Buffer[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export async function startTimestampAuthority(
  program: string,
  port: number,
): Promise<TimestampService> {
  const origin = `http://127.0.0.1:${port}/`;
  const chainUrl = new URL('/api/v1/timestamp/certchain', origin);
  const service = await startProgram({
    name: 'the timestamp authority',
    program,
    words: ['--host=127.0.0.1', `--port=${port}`],
    url: origin,
    ready: chainUrl.pathname,
  });
  try {
    const pem = await (await fetch(chainUrl)).text();
    const chain = (pem.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one).raw);
    return { ...service, chain };
  } catch (error) {
    await service.close();
    throw error;
  }
}
