import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import type { Llama, Token } from 'node-llama-cpp';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { imagesOf } from '../../../../core/parts.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { grammarFeaturesOf } from '../../model/grammar-features.ts';
import { openMetadata } from '../../model/model-metadata.ts';
import type { FileSpec, ModelMetadata } from '../../model/model-metadata.ts';
import { MARKER } from '../../pictures/image-placeholders.ts';
import { PictureFitter } from '../../pictures/picture-fitter.ts';
import { readProjector } from '../../pictures/projector.ts';
import { needsCheckpoints, openStates } from '../../prefix-cache/open-states.ts';
import { NEGLIGIBLE_TOKENS } from '../../prefix-cache/slot-choice.ts';
import type { StateFiles } from '../../prefix-cache/state-files.ts';
import { makeSharedScratch } from '../../states/scratch.ts';
import { writeTokens } from '../../prompts/write-tokens.ts';
import type { LoadedRunner, LoadOptions, Runner } from '../../runner.ts';
import { threadsFor } from '../../threads.ts';
import { Transcripts } from '../../transcripts.ts';
import { findServerHere } from './find-binary.ts';
import { openServerSlots } from './loaded-runner.ts';
import { loadNeeds } from './memory.ts';
import { isPicture, writePictures } from './picture-prompt.ts';
import type { ServerPrompt } from './picture-prompt.ts';
import { probeServer } from './probe-binary.ts';
import type { ServerAbilities } from './probe-binary.ts';
import { modelsSchema, propsSchema } from './protocol.ts';
import { entryOptions, serverArguments } from './server-arguments.ts';
import type { ProgramOptions } from './server-arguments.ts';
import { LlamaServerClient } from './server-client.ts';
import { startServer } from './server-process.ts';

/** Options of a runner. */
export interface LlamaServerOptions {
  readonly spec: FileSpec;
  readonly settings: EngineSettings;
  readonly log: EngineLog;
  /** Ends this process with a reason, because llama-server has ended. */
  readonly abandon: (reason: string) => void;
}

/** Program of llama-server, with what it can do. */
interface Program {
  readonly file: string;
  readonly abilities: ServerAbilities;
}

/**
 * Opens a model for a managed llama-server, a child process that Portico drives by tokens. node-llama-cpp provides the
 * vocabulary, so that prompts are counted before a load. Throws like `openHead`, and `model-load-failed` without a
 * program that fits.
 */
export async function openLlamaServer(
  options: LlamaServerOptions,
): Promise<Runner<ServerPrompt, string>> {
  const { settings, log } = options;
  const spec = withPresentFiles(options.spec);
  // First, because a failure must leave nothing open.
  const program = await findProgram(settings, entryOptions(spec));
  const fitter = await openPictures(spec);
  const { native, head } = await openMetadata(spec, fitter === undefined ? [] : [MARKER]);
  const { llama } = native;
  if (head.notice !== undefined) log(head.notice);
  const transcripts = new Transcripts<readonly Token[]>();
  const states = await openStates(spec, settings, head, transcripts, log);
  return {
    head,
    transcripts,
    mayRestore: (prompt) => states?.knows(prompt, NEGLIGIBLE_TOKENS) === true,
    images: fitter !== undefined,
    grammarFeatures: grammarFeaturesOf(head),
    write: async (request, known, most, signal) =>
      fitter !== undefined && imagesOf(request.conversation).length > 0
        ? writePictures(head, fitter, request, most, signal)
        : writeTokens(head, request, known, most, signal),
    count: async (prompt) => (prompt.some(isPicture) ? undefined : prompt.length),
    commonPrefix: (one, other) => other.slice(0, commonLength(one, other)),
    load: (loading) => load({ ...options, spec }, program, { llama, head, states }, loading),
    async close() {
      states?.close();
      head.prompts.close();
      await native.close();
    },
  };
}

/** Leaves out a projector that is not there: the model then answers text. */
function withPresentFiles({ mmproj, ...spec }: FileSpec): FileSpec {
  return mmproj === undefined || !existsSync(mmproj) ? spec : { ...spec, mmproj };
}

/** Opens the projector of a model; undefined if it has none. Throws `unsupported` if it is damaged. */
async function openPictures({ mmproj }: FileSpec): Promise<PictureFitter | undefined> {
  if (mmproj === undefined) return undefined;
  return new PictureFitter((await readProjector(mmproj)).imageSize);
}

/** Parts of an opened model. */
interface OpenedModel {
  readonly llama: Llama;
  readonly head: ModelMetadata;
  readonly states: StateFiles | undefined;
}

/** Starts llama-server with the model, after there is memory for it. */
async function load(
  { spec, settings, log, abandon }: LlamaServerOptions,
  { file, abilities }: Program,
  { llama, head, states }: OpenedModel,
  { contextSize, reserve }: LoadOptions,
): Promise<LoadedRunner<ServerPrompt, string>> {
  const needs = await loadNeeds(head.model, abilities.devices, contextSize, spec.mmproj);
  const slots = await reserve({ ...needs, parallel: settings.parallel ?? spec.parallel });
  const threads = threadsFor(spec, settings, llama.cpuMathCores);
  const folder = states?.scratch ?? (await makeSharedScratch());
  const key = randomBytes(24).toString('base64url');
  const args = serverArguments({ spec, settings, contextSize, slots, threads, folder });
  const environment = serverEnvironment(key);
  const server = await startServer({ model: spec.name, file, args, environment });
  const { url, ended } = server;
  const client = new LlamaServerClient({ url, key, model: spec.name, ended });
  const { sizeBytes, marker } = await factsOf(client).catch((error: unknown) => {
    server.kill();
    throw error;
  });
  void ended.then((reason) => abandon(`llama-server ended (${reason})`));
  states?.useContext(stateContext(abilities, spec, settings, slots), contextSize);
  return openServerSlots({
    llama,
    head,
    client,
    device: deviceOf(abilities),
    sizeBytes: sizeBytes ?? head.model.fileInsights.modelSize,
    threads,
    slots,
    folder,
    states,
    bytesPerToken: needs.sequence / contextSize,
    needsCheckpoints: needsCheckpoints(head.model),
    marker: marker ?? MARKER,
    log,
  });
}

/** Size of the weights, and the marker for pictures, of a running llama-server. */
async function factsOf(client: LlamaServerClient) {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const { data } = await client.get('/v1/models', modelsSchema, signal);
  const { media_marker: marker } = await client.get('/props', propsSchema, signal);
  return { sizeBytes: data[0]?.meta?.size, marker };
}

/** Parameters that the bytes of a state depend on. A state of another number of slots can't be restored. */
function stateContext(
  { version }: ServerAbilities,
  spec: FileSpec,
  settings: EngineSettings,
  slots: number,
): string {
  const adapters = (spec.lora ?? []).map((file) => `${file} ${statSync(file).mtimeMs}`);
  const kvType = settings.kvType ?? spec.kvType;
  const flashAttention = settings.flashAttention ?? spec.flashAttention;
  const parameters = [kvType, flashAttention, `${slots} slots`, ...adapters];
  return [`llama-server ${version}`, ...parameters].join(', ');
}

const START_TIMEOUT_MS = 30_000;

/** @param wanted options of the entry, which it must have */
async function findProgram(settings: EngineSettings, wanted: ProgramOptions): Promise<Program> {
  const { llamaServer } = settings;
  const found = findServerHere(settings);
  if (found !== undefined) {
    const { file } = found;
    return { file, abilities: await probeServer(file, serverEnvironment(), wanted) };
  }
  throw new RuntimeFailure(
    'model-load-failed',
    llamaServer === undefined
      ? 'No llama-server was found on this machine. Install one (portico engine install), name its program ' +
          'with --llama-server, or set `engine: built-in` in models.yaml.'
      : `No program was found at ${llamaServer}, the path of --llama-server. Correct the path.`,
  );
}

/** Environment of llama-server. Its own variables would change what Portico asks for. */
function serverEnvironment(key?: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('LLAMA_') && !name.startsWith('PORTICO_'),
  );
  // An argument would show the key to other users of this machine.
  return { ...Object.fromEntries(kept), ...(key !== undefined && { LLAMA_API_KEY: key }) };
}

function deviceOf({ devices }: ServerAbilities): string {
  return devices.length === 0 ? 'CPU' : devices.map(({ name }) => name).join(', ');
}
