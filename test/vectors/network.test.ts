import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/sigstore/ports.ts';
import { OFFLINE } from './client.ts';
import { watchNetwork } from './network.ts';

const WAYS: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  'a request': (port) => fetch(`http://127.0.0.1:${port}/`).catch(() => undefined),
  'a connection': (port) => new Promise((done) => connect(port, '127.0.0.1').once('error', done)),
  'an encrypted connection': (port) =>
    new Promise((done) => connectTls(port, '127.0.0.1').once('error', done)),
  'the look-up of a name': () => new Promise((done) => lookup('localhost', done)),
  'a question to a name server': (port) =>
    new Promise((done) => {
      const resolver = new Resolver({ timeout: 10, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      resolver.resolve4('example.com', done);
    }),
  'a datagram': (port) =>
    new Promise<void>((done) => {
      const socket = createSocket('udp4');
      socket.send('x', port, '127.0.0.1', () => socket.close(done));
    }),
};

describe('the watch on the network', () => {
  it.each(Object.entries(WAYS))('sees %s', async (_, go) => {
    const [port = 0] = await freePorts(1);
    const watch = watchNetwork();
    await go(port);
    watch.end();
    expect(watch.attempts).not.toEqual([]);
  });

  it('sees nothing where nothing is sent, nor after its end', async () => {
    const [port = 0] = await freePorts(1);
    const watch = watchNetwork();
    await new Promise((done) => setTimeout(done, 5));
    watch.end();
    await WAYS['a connection']?.(port);
    expect(watch.attempts).toEqual([]);
  });

  it.each([
    ["await import('node:dns').then((dns) => dns.promises.lookup('localhost'))", 97],
    ['await 1', 0],
  ])('ends a process that runs %s with the exit code %i', async (code, exit) => {
    const args = ['--import', OFFLINE, '--input-type=module', '--eval', code];
    const ended = await new Promise<number | string | null | undefined>((done) => {
      execFile(process.execPath, args, (error) => done(error === null ? 0 : error.code));
    });
    expect(ended).toBe(exit);
  });
});
