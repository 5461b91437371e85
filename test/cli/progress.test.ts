import { describe, expect, it } from 'vitest';
import { ProgressDisplay } from '../../src/cli/progress.ts';
import type { Progress } from '../../src/hashing/progress.ts';

const MIDWAY: Progress = {
  bytes: 500_000,
  totalBytes: 2_000_000,
  done: 1,
  total: 4,
  bytesPerSecond: 1_000_000,
  secondsLeft: 1.5,
  current: undefined,
};

const LINE = 'Hashing  0.5 of 2.0 MB (25%) · 1.0 MB/s · 1 of 4 files · 2 s left';

/** A display, a clock that is put forward by hand, and what was written, with its time. */
class Watched {
  readonly written: (readonly [time: number, text: string])[] = [];
  readonly screen: { isTTY?: boolean; columns?: number; write: (text: string) => void };
  readonly #display: ProgressDisplay;
  #time = 12_345;

  constructor(terminal?: { readonly columns?: number }, env: Record<string, string> = {}) {
    const write = (text: string): void => {
      this.written.push([this.#time - 12_345, text]);
    };
    this.screen = terminal === undefined ? { write } : { isTTY: true, ...terminal, write };
    this.#display = new ProgressDisplay({ env, stderr: this.screen }, 'file', () => this.#time);
  }

  /** Reports as the library does, until this time. */
  until(end: number, every = 100, progress = MIDWAY): this {
    for (; this.#time - 12_345 <= end; this.#time += every) this.#display.show(progress);
    return this;
  }

  end(): this {
    this.#display.end();
    return this;
  }

  get times(): readonly number[] {
    return this.written.map(([time]) => time);
  }

  get texts(): readonly string[] {
    return this.written.map(([, text]) => text);
  }
}

describe('on a terminal', () => {
  const terminal = { columns: 80 };

  it('nothing is written about a run of half a second', () => {
    expect(new Watched(terminal).until(499, 1).end().written).toEqual([]);
  });

  it('a line is drawn over, and erased', () => {
    const drawn = `\r${LINE}\u001b[K\r`;
    expect(new Watched(terminal).until(700).end().written).toEqual([
      [500, drawn],
      [600, drawn],
      [700, drawn],
      [800, '\r\u001b[K'],
    ]);
  });

  it('it is drawn ten times a second, however often there is news', () => {
    const { times } = new Watched(terminal).until(60_000, 7);
    expect(times).toHaveLength(595);
    expect(new Set(times.map((time) => Math.floor(time / 100))).size).toBe(595);
  });

  it('it is drawn at every report of a library that is a little late', () => {
    expect(new Watched(terminal).until(10_000, 101).times).toHaveLength(95);
  });

  it('it is erased once', () => {
    expect(new Watched(terminal).until(500).end().end().written).toHaveLength(2);
  });

  it('it is not drawn when there is nothing left to do', () => {
    const done = { ...MIDWAY, done: 4 };
    expect(new Watched(terminal).until(2000, 100, done).end().written).toEqual([]);
  });

  it('what a narrower terminal has broken into lines is erased with it', () => {
    const watched = new Watched(terminal).until(500);
    watched.screen.columns = 40;
    watched.until(700);
    watched.screen.columns = 20;
    expect(watched.end().texts).toEqual([
      `\r${LINE}\u001b[K\r`,
      '\r\u001b[JHashing  0.5 of 2.0 MB (25%)\u001b[K\r',
      '\rHashing  0.5 of 2.0 MB (25%)\u001b[K\r',
      '\r\u001b[J',
    ]);
  });

  it.for([undefined, 0])('the width is taken for 80 columns where it is %s', (columns) => {
    const watched = new Watched(columns === undefined ? {} : { columns });
    expect(watched.until(500).texts).toEqual([`\r${LINE}\u001b[K\r`]);
  });

  it('of a single column nothing is written that takes room', () => {
    const { texts } = new Watched({ columns: 1 }).until(600).end();
    expect(texts).toEqual(['\r\u001b[K\r', '\r\u001b[K\r']);
  });
});

describe.each([
  ['elsewhere', undefined, {}],
  ['on a terminal that cannot move its cursor', { columns: 20 }, { TERM: 'dumb' }],
] as const)('%s', (_, terminal, env) => {
  it('nothing is written for ten seconds', () => {
    expect(new Watched(terminal, env).until(9_999, 1).end().written).toEqual([]);
  });

  it('then a line every ten seconds', () => {
    expect(new Watched(terminal, env).until(35_000, 103).end().written).toEqual([
      [10_094, `${LINE}\n`],
      [20_085, `${LINE}\n`],
      [30_076, `${LINE}\n`],
    ]);
  });

  it('which a long name does not make longer than 200 columns', () => {
    const long = { ...MIDWAY, current: `${'directory/'.repeat(400)}name.bin` };
    const [text = ''] = new Watched(terminal, env).until(10_000, 100, long).texts;
    expect(text).toMatch(/ · ….*directory\/name\.bin\n$/);
    expect(text.length).toBeLessThan(200);
  });
});
