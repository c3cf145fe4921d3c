import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { RawCommand, RawPrompt, RawReply, RawSettings } from './raw-protocol.ts';
import type { Timeline } from './timeline.ts';

/** Raw llama.cpp in a child process. */
export class RawLlama {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Loads a model. Throws if that fails. */
  static async open(settings: RawSettings): Promise<RawLlama> {
    const raw = new RawLlama(fork(new URL('raw.js', import.meta.url), { execArgv: [] }));
    await raw.#ask({ type: 'open', settings });
    return raw;
  }

  /** Evaluates prompts concurrently. Returns the times of their tokens, from 0. */
  async answer(prompts: readonly RawPrompt[]): Promise<readonly Timeline[]> {
    const reply = await this.#ask({ type: 'answer', prompts });
    return reply.type === 'answered' ? reply.timelines : [];
  }

  /** Evaluates one prompt. */
  async answerOne(prompt: RawPrompt): Promise<Timeline> {
    const [timeline = []] = await this.answer([prompt]);
    return timeline;
  }

  /** Starts the minimal server for the same model. Returns its URL. */
  async serve(): Promise<string> {
    const reply = await this.#ask({ type: 'serve' });
    return reply.type === 'serving' ? reply.url : '';
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #ask(command: RawCommand): Promise<RawReply> {
    const reply = new Promise<RawReply>((resolve, reject) => {
      const onExit = () => reject(new Error('Raw llama.cpp ended.'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (message: RawReply) => {
        this.#child.off('exit', onExit);
        resolve(message);
      });
    });
    this.#child.send(command);
    const answer = await reply;
    if (answer.type === 'failed') throw new Error(`Raw llama.cpp failed: ${answer.message}`);
    return answer;
  }
}
