import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TINY, writeRandomModel } from '../../../../../bench/random-model/write.ts';
import { MINI_FILE } from '../../../../support/engine-variant.ts';
import { isMissing } from '../../../../support/optional.ts';
import { isLlamaServerMissing, LLAMA_SERVER } from '../../../../support/llama-server.ts';
import { SEEING } from '../llama-node/seeing.ts';
import { notingServer } from './noting-server.ts';

const { inFolder, written, askedWith, close } = notingServer();
afterAll(close);

const MIXTURE = inFolder('mixture.gguf');
const DRAFT = inFolder('draft.gguf');
const common = { kind: 'llama', quantized: false, vocabulary: MINI_FILE } as const;

/** Program that serves this machine's CPU to llama-server; some packages have it. */
const RPC_SERVER = ['ggml-rpc-server', 'rpc-server']
  .map((name) => path.join(path.dirname(LLAMA_SERVER ?? ''), name))
  .find(isExecutable);

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Listens like an RPC server. */
async function listener(answer: (socket: Socket) => void) {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.on('error', () => undefined);
    answer(socket);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, connections: () => count };
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe.skipIf(isLlamaServerMissing())('an option of an entry arrives at llama-server:', () => {
  beforeAll(() => {
    writeRandomModel(MIXTURE, { ...common, size: { ...TINY, layers: 3, experts: 4 } });
    writeRandomModel(DRAFT, { ...common, size: { ...TINY, layers: 1 } });
  });

  it('cpu_moe, in the place of the experts of the first layers', async () => {
    const props = await askedWith({ file: MIXTURE, cpuMoe: 2 });
    expect(props).toMatchObject({ model_path: MIXTURE });
    const moved = [0, 1, 2].filter((layer) =>
      new RegExp(`blk\\.${layer}\\.ffn_up_exps\\.weight .*overridden to CPU`).test(written('log')),
    );
    expect(moved).toEqual([0, 1]);
  });

  it.each<readonly [string, { fit?: boolean; cpuMoe?: 'auto' }, boolean]>([
    ['fit: true', { fit: true }, true],
    ['fit: false', { fit: false }, false],
    ['cpu_moe: auto', { cpuMoe: 'auto' }, true],
  ])('%s, in its log', async (_case, options, isFitted) => {
    await askedWith({ file: MIXTURE, ...options });
    expect(/fitting params to device memory/.test(written('log'))).toBe(isFitted);
  });

  it('draft, in its log and its slots', async () => {
    const slots = await askedWith({ file: MIXTURE, draft: DRAFT }, '/slots');
    expect(slots).toMatchObject([{ speculative: true }]);
    expect(written('log')).toContain(DRAFT);
  });

  it('mmproj, in its abilities', async () => {
    const { mmproj = '' } = SEEING;
    const props = await askedWith({ ...SEEING, engine: 'llama-server' });
    expect(props).toMatchObject({ modalities: { vision: true } });
    expect(written('log')).toContain(mmproj);
  });

  it('rpc, in its connections to the address', async () => {
    const { address, connections } = await listener((socket) => void socket.destroy());
    await askedWith({ rpc: [address] }).catch(() => undefined);
    expect(written('arguments')).toContain(`--rpc ${address}`);
    expect(connections()).toBeGreaterThan(0);
  });

  it.skipIf(
    isMissing('ggml-rpc-server', RPC_SERVER, 'put it into the folder of PORTICO_TEST_LLAMA_SERVER'),
  )('rpc, in the weights that a real one gets', async () => {
    const port = await freePort();
    const child = spawn(RPC_SERVER ?? '', ['-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let bytes = 0;
    const { address } = await listener((socket) => {
      const target = connect(port, '127.0.0.1');
      socket.on('data', (data) => {
        bytes += data.length;
      });
      socket.pipe(target).pipe(socket);
      for (const end of [socket, target]) end.on('error', () => socket.destroy());
    });
    await expect.poll(() => canConnect(port)).toBe(true);
    await askedWith({ rpc: [address], gpuLayers: 'max' });
    expect(bytes).toBeGreaterThan(2 ** 20);
  });
});
