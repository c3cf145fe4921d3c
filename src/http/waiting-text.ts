import { formatSize } from '../units/size.ts';
import type { GenerationEvent } from '../core/events.ts';

/** Report about the time before an answer's first token. */
export type WaitNews =
  | { readonly type: 'loading' }
  | { readonly type: 'load-progress'; readonly share: number; readonly secondsLeft: number }
  | {
      readonly type: 'loaded';
      readonly seconds: number;
      /** Bytes of the weights, if the engine has reported them. */
      readonly sizeBytes: number | undefined;
    }
  | {
      readonly type: 'prefill-progress';
      readonly done: number;
      readonly total: number;
      readonly tokensPerSecond: number;
      readonly secondsLeft: number;
    }
  | {
      readonly type: 'prefilled';
      readonly tokens: number;
      /** Prompt tokens that did not have to be evaluated. */
      readonly cachedTokens: number;
      readonly seconds: number;
    };

/** Time between two lines, and shortest prefill that is logged. */
const INTERVAL_MS = 5000;

const NOTHING: readonly WaitNews[] = [];

interface Wait {
  readonly phase: 'loading' | 'prefill';
  readonly total: number;
  /** Progress at the start of the wait. */
  readonly from: number;
  readonly done: number;
  readonly since: number;
  readonly reportedAt: number;
}

/** Follows the events of one answer, and reports its waits. */
export class WaitTracker {
  #wait: Wait | undefined;

  /** Reports an event. `now` is in milliseconds of a monotonic clock. */
  note(event: GenerationEvent, now: number): readonly WaitNews[] {
    if (event.type !== 'progress' && this.#wait === undefined) return NOTHING;
    const sizeBytes = event.type === 'progress' ? event.sizeBytes : undefined;
    const isStep = event.type === 'progress' && event.phase !== 'queued' && sizeBytes === undefined;
    const step = isStep ? event : undefined;
    const wait = this.#wait;
    if (wait !== undefined && step?.phase === wait.phase && step.done >= wait.done) {
      const reports = step.done > wait.from && now - wait.reportedAt >= INTERVAL_MS;
      this.#wait = { ...wait, done: step.done, reportedAt: reports ? now : wait.reportedAt };
      return reports ? [progressOf(this.#wait, now)] : NOTHING;
    }
    const ended = wait === undefined ? NOTHING : endOf(wait, now, sizeBytes);
    this.#wait = step && startWait(step.phase === 'loading' ? 'loading' : 'prefill', step, now);
    return step?.phase === 'loading' ? [...ended, { type: 'loading' }] : ended;
  }
}

function startWait(
  phase: Wait['phase'],
  { done, total }: Pick<Wait, 'done' | 'total'>,
  now: number,
): Wait {
  return { phase, total, from: done, done, since: now, reportedAt: now };
}

function progressOf({ phase, total, from, done, since }: Wait, now: number): WaitNews {
  const perSecond = (done - from) / ((now - since) / 1000);
  const secondsLeft = (total - done) / perSecond;
  return phase === 'loading'
    ? { type: 'load-progress', share: done / total, secondsLeft }
    : { type: 'prefill-progress', done, total, tokensPerSecond: perSecond, secondsLeft };
}

/** @param sizeBytes bytes of the weights, if the event that ends the wait has them */
function endOf(
  { phase, total, from, since }: Wait,
  now: number,
  sizeBytes: number | undefined,
): readonly WaitNews[] {
  const seconds = (now - since) / 1000;
  if (phase === 'loading') return [{ type: 'loaded', seconds, sizeBytes }];
  return now - since < INTERVAL_MS
    ? NOTHING
    : [{ type: 'prefilled', tokens: total - from, cachedTokens: from, seconds }];
}

/** Log line of a report about a model. */
export function waitLine(model: string, news: WaitNews): string {
  switch (news.type) {
    case 'loading':
      return `${model} is being loaded`;
    case 'load-progress':
      return `${model}: ${Math.round(news.share * 100)} % loaded, ${inSeconds(news.secondsLeft)} left`;
    case 'loaded': {
      const { seconds, sizeBytes } = news;
      const size =
        sizeBytes === undefined ? '' : `: ${formatSize(sizeBytes)}, ${rate(sizeBytes, seconds)}`;
      return `${model} was loaded in ${inSeconds(seconds)}${size}`;
    }
    case 'prefill-progress': {
      const { done, total, tokensPerSecond, secondsLeft } = news;
      return (
        `${model}: prefill ${done} of ${total} tokens, ` +
        `${Math.round(tokensPerSecond)} tokens/s, ${inSeconds(secondsLeft)} left`
      );
    }
    case 'prefilled': {
      const { tokens, cachedTokens, seconds } = news;
      return (
        `${model}: prefill of ${tokens} tokens took ${inSeconds(seconds)}, ` +
        `${Math.round(tokens / seconds)} tokens/s; ${cachedTokens} were cached`
      );
    }
    default:
      return news satisfies never;
  }
}

function rate(bytes: number, seconds: number): string {
  return `${formatSize(bytes / Math.max(seconds, 0.001))}/s`;
}

/** Formats seconds: short times with a decimal, long ones without. */
function inSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
