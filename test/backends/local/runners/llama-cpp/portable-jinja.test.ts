import { afterAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import { startLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import { PromptProcess } from '../../../../../src/backends/local/prompts/prompt-process.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';

/** A short template of our own, with a test that llama.cpp's Jinja does not know. */
const SOURCE = `{% if tools %}<|im_start|>system
{{ tools | tojson }}<|im_end|>
{% endif %}{% for m in messages | rejectattr('role', 'equalto', 'x') | list %}<|im_start|>{{ m.role }}
{{ m.content }}{% for call in m.tool_calls or [] %}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if messages | selectattr('tool_calls', 'undefined') | list %}{% endif %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

describe("a template that llama.cpp's Jinja can't render", () => {
  const logged: string[] = [];
  const backend = createLocalBackend({
    engine: 'in-process',
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    log: (message) => logged.push(message),
  });
  afterAll(() => backend.close());

  it('is rendered by the other library, so that its tools are not injected', async () => {
    // Its native addon renders.
    await (await startLlama()).close();
    const prompts = new PromptProcess({ model: 'odd' });
    const template = { model: 'odd', source: SOURCE, bos: '<s>', eos: '</s>' };
    const { injection, notice } = await prompts.run('read', template);
    prompts.close();
    expect(injection.tools).toBe(false);
    expect(notice).toMatch(/the chat template of odd, so @huggingface\/jinja does: .*selectattr/);
  });

  it('is reported in the log, once', async () => {
    const spec = { ...MINI, template: SOURCE };
    for (const text of ['Hello', 'Good morning']) {
      const asked = request(spec, said(text), { maxTokens: 4 });
      const { finish } = await collect(backend.generate(asked, AbortSignal.timeout(30_000)));
      expect(finish).toBeDefined();
    }
    expect(logged.filter((line) => line.includes('@huggingface/jinja'))).toHaveLength(1);
  });
});
