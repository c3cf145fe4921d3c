import type { CliContext } from '../context.ts';
import { printableLine } from './printable.ts';
import { percent, progressBar, progressText } from './progress-text.ts';
import { warn } from './report.ts';

/** Display of progress on stderr. */
export interface ProgressDisplay {
  update(label: string, done: number, total: number | undefined): void;
  /** Prints a line that stays, such as the reason of a retry. */
  say(text: string): void;
  /** Leaves the last state on the screen. */
  end(): void;
}

const REDRAW_MS = 100;

/** Steps between two lines of a log; the first one reached counts. */
const LINE_PERCENT = 10;
const LINE_MS = 60_000;

/** Time over which the rate is measured: long enough for a steady value, short enough to follow changes. */
const WINDOW_MS = 5000;

/** Moves the cursor to the first column and clears the line. */
const CLEAR = '\r\u001B[K';

/** Creates a display: a bar that redraws itself on a terminal, plain lines elsewhere. */
export function createProgress({ stderr }: Pick<CliContext, 'stderr'>): ProgressDisplay {
  return stderr.isTTY === true ? createBar(stderr) : createLines(stderr);
}

function createBar(stderr: CliContext['stderr'] & { readonly columns?: number }): ProgressDisplay {
  const meter = new RateMeter();
  let drawn = -Infinity;
  let bar: string | undefined;
  return {
    update(label, done, total) {
      const now = performance.now();
      meter.add(done, now);
      bar = progressBar(
        printableLine(label),
        { done, total, rate: meter.perSecond },
        stderr.columns ?? 80,
      );
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      stderr.write(`${CLEAR}${bar}`);
    },
    say: (text) => void stderr.write(`${CLEAR}${printableLine(text)}\n`),
    end() {
      if (bar !== undefined) stderr.write(`${CLEAR}${bar}\n`);
      bar = undefined;
    },
  };
}

function createLines(stderr: CliContext['stderr']): ProgressDisplay {
  const meter = new RateMeter();
  let last: { readonly label: string; readonly at: number; readonly step: number } | undefined;
  return {
    update(label, done, total) {
      const at = performance.now();
      meter.add(done, at);
      const step = total === undefined ? 0 : Math.floor(percent(done, total) / LINE_PERCENT);
      const isNew = last?.label !== label || last.step !== step || at - last.at > LINE_MS;
      if (!isNew) return;
      last = { label, at, step };
      stderr.write(
        `${printableLine(label)} ${progressText({ done, total, rate: meter.perSecond }).trimStart()}\n`,
      );
    },
    say: (text) => warn(text, { stderr }),
    end: () => undefined,
  };
}

/** Measures the growth of a number per second. */
export class RateMeter {
  #samples: { readonly at: number; readonly done: number }[] = [];

  /** Adds a sample at a time in milliseconds. A smaller number starts a new measurement. */
  add(done: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && done < last.done) this.#samples = [];
    this.#samples.push({ at, done });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** Growth per second; undefined if there are too few samples. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < 100) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}
