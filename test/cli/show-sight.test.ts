import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAddonMissing } from '../backends/local/runners/llama-node/seeing.ts';
import { REPOSITORY } from '../support/server.ts';
import { makeHome } from './home.ts';
import { MINI_FILE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

/** Output of `portico show` for a model with this projector. */
async function shown(projector: string): Promise<string> {
  const file = MINI_FILE;
  const { portico } = await makeHome(
    `models:\n  m: { backend: llama, file: '${file}', mmproj: '${projector}' }\n`,
  );
  return (await portico('show', 'm')).stdout;
}

describe.skipIf(isAddonMissing())('portico show', () => {
  covers('R7.1-entry');

  it('shows vision and the projector’s file', async () => {
    const projector = join(REPOSITORY, 'test/fixtures/tower.gguf');
    const text = await shown(projector);
    expect(text).toMatch(/^capabilities .*images/m);
    expect(/^projector +(.+)$/m.exec(text)?.[1]).toBe(projector);
    // Its engine chooses flash attention by itself.
    expect(text).not.toContain('flash attention');
  });

  it('does not show a missing projector', async () => {
    const text = await shown('/nowhere/eyes.gguf');
    expect(text).toMatch(/^capabilities /m);
    expect(text).not.toMatch(/images|projector/);
  });
});
