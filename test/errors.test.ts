import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../src/errors.ts';

/** As Node.js makes them of what libuv says. */
function systemError(code: string, errno: number, text: string): Error {
  const message = `${code}: ${text}, read`;
  return Object.assign(new Error(message), { code, errno, syscall: 'read' });
}

describe('the reason of a system error', () => {
  it.each([
    ['EIO', 'i/o error', 'the disk reported an error (EIO)'],
    ['ENOSPC', 'no space left on device', 'the disk is full (ENOSPC)'],
    ['EBUSY', 'resource busy or locked', 'resource busy or locked (EBUSY)'],
  ])('is told in words, with the name %s', (code, text, reason) => {
    expect(reasonOf(systemError(code, -1, text))).toBe(reason);
  });

  it('has no path in it, which the message around it names', () => {
    const error = systemError('EBUSY', -16, 'resource busy or locked');
    error.message = "EBUSY: resource busy or locked, read '/some/where'";
    expect(reasonOf(error)).toBe('resource busy or locked (EBUSY)');
  });

  it.runIf(process.platform === 'linux').each([
    ['ESTALE', 'the network file system lost the file (ESTALE)'],
    ['EDQUOT', "the user's share of the disk is used up (EDQUOT)"],
    ['ENOTCONN', 'the system reported an error (ENOTCONN)'],
  ] as const)('is found by its number where libuv has no name for %s', (name, reason) => {
    const number = constants.errno[name];
    // Which of the two it is depends on the function that was called.
    const code = `Unknown system error -${number}`;
    expect(reasonOf(systemError(code, -number, code))).toBe(reason);
    expect(reasonOf(systemError('UNKNOWN', -number, 'unknown error'))).toBe(reason);
  });

  it('is its number where nobody has a name', () => {
    const error = systemError('Unknown system error -4000', -4000, 'Unknown system error -4000');
    expect(reasonOf(error)).toBe('the system reported an error (error 4000)');
  });

  it('is the message itself of any other error', () => {
    expect(reasonOf(new Error('no luck'))).toBe('no luck');
    expect(reasonOf('no luck')).toBe('no luck');
  });
});
