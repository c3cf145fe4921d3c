import path from 'node:path';
import { expect, it } from 'vitest';
import { SHORT_TEMPLATE, writeModelHeader } from '../support/gguf.ts';
import { makeHome } from './home.ts';

it('ls marks models that can’t chat, before any request', async () => {
  const { portico, registryFile } = await makeHome(
    'models:\n' +
      '  base: { backend: llama, file: ./base.gguf }\n' +
      '  given: { backend: llama, file: ./base.gguf, template: "{{ messages }}" }\n' +
      '  chat: { backend: llama, file: ./chat.gguf }\n',
  );
  const folder = path.dirname(registryFile);
  writeModelHeader(path.join(folder, 'base.gguf'), 2048);
  writeModelHeader(path.join(folder, 'chat.gguf'), 2048, SHORT_TEMPLATE);
  const { stdout } = await portico('ls');
  expect(stdout).toMatch(/^base +llama +\d+ B +no chat template +\S+base\.gguf$/m);
  expect(stdout).toMatch(/^given +llama +\d+ B +ready /m);
  expect(stdout).toMatch(/^chat +llama +\d+ B +ready /m);
  const { models } = JSON.parse((await portico('ls', '--json')).stdout) as {
    models: readonly { readonly name: string }[];
  };
  expect(models.find(({ name }) => name === 'base')).toMatchObject({ chatTemplate: false });
  expect(models.find(({ name }) => name === 'mini')).toMatchObject({ chatTemplate: true });
});
