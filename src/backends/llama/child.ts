import { RuntimeFailure } from '../../core/errors.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { EngineLog } from '../engine.ts';
import { EventBatch } from '../event-batch.ts';
import { LlamaEngine } from './llama-engine.ts';
import type { LoadGate } from '../load-gate.ts';
import { plainFailure, revivedFailure } from '../engine-protocol.ts';
import type { EngineCommand, EngineReply } from '../engine-protocol.ts';

/**
 * The entry of an engine's child process: one model, driven by messages from the server. A native
 * abort ends this process and no other, and ending it frees all that the model held.
 */
let model: OpenCommand | undefined;
let opening: Promise<LlamaEngine> | undefined;
const calls = new Map<number, AbortController>();

// The terminal's Ctrl-C reaches the whole group: the server decides when its engines end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (command: EngineCommand) => {
  switch (command.type) {
    case 'open':
      model = command;
      return;
    case 'cancel':
      calls.get(command.call)?.abort();
      return;
    case 'granted':
      waiting?.grant(command.slots);
      return;
    case 'refused':
      waiting?.refuse(revivedFailure(command.failure));
      return;
    case 'capabilities':
    case 'status':
    case 'count':
    case 'generate':
      void answer(command);
      return;
    default:
      command satisfies never;
  }
});

const log: EngineLog = (message, level = 'warn') => {
  reply({ type: 'log', message, level });
};

/** The weights wait for the server's word: it knows of the other models in memory. */
let waiting: { grant(slots: number): void; refuse(reason: Error): void } | undefined;

const gate: LoadGate = {
  enter: (needs) =>
    new Promise((grant, refuse) => {
      waiting = { grant, refuse };
      reply({ type: 'enter', needs });
    }),
  settle: (loaded) => reply({ type: 'settled', loaded }),
};

type OpenCommand = Extract<EngineCommand, { readonly type: 'open' }>;
type Call = Extract<
  EngineCommand,
  { readonly type: 'capabilities' | 'status' | 'count' | 'generate' }
>;

async function answer(command: Call): Promise<void> {
  const { call } = command;
  const controller = new AbortController();
  calls.set(call, controller);
  try {
    reply(await work(await openEngine(), command, controller.signal));
  } catch (error) {
    reply({ type: 'failed', call, failure: plainFailure(error) });
  } finally {
    calls.delete(call);
  }
}

/** The engine, opened once; what could not be opened is tried again by the next call. */
function openEngine(): Promise<LlamaEngine> {
  if (model === undefined) throw new RuntimeFailure('internal', 'The engine was told no model.');
  opening ??= LlamaEngine.open(model.spec, model.settings, log, gate).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function work(engine: LlamaEngine, command: Call, signal: AbortSignal): Promise<EngineReply> {
  switch (command.type) {
    case 'capabilities':
      return { type: 'described', call: command.call, capabilities: await engine.capabilities() };
    case 'status':
      return { type: 'status', call: command.call, status: (await engine.status()) ?? null };
    case 'count':
      return {
        type: 'counted',
        call: command.call,
        tokens: await engine.countTokens(command.request),
      };
    case 'generate': {
      const { call } = command;
      const batch = new EventBatch<GenerationEvent>((events) =>
        reply({ type: 'events', call, events }),
      );
      try {
        for await (const event of engine.generate(command.request, signal)) batch.add(event);
      } finally {
        batch.close();
      }
      return { type: 'done', call };
    }
    default:
      return command satisfies never;
  }
}

function reply(message: EngineReply): void {
  if (process.connected) process.send?.(message);
}
