import { RuntimeFailure } from '../../../core/errors.ts';
import type { MessageBlock } from '../schema/blocks.ts';
import type { RequestBody } from '../schema/request.ts';

const MOST_BREAKPOINTS = 4;

interface Cacheable {
  readonly cache_control?: unknown;
}

/** Whether a request sets cache breakpoints. Throws where it sets more than the API takes. */
export function decodeCacheControl(body: RequestBody): boolean {
  let found = 0;
  const count = ({ cache_control = null }: Cacheable): void => {
    if (cache_control !== null) found += 1;
  };
  body.tools?.forEach(count);
  body.system?.forEach(count);
  for (const { content } of body.messages) {
    for (const block of content ?? []) {
      if ('cache_control' in block) count(block);
      innerBlocks(block).forEach(count);
    }
  }
  if (found <= MOST_BREAKPOINTS) return found > 0;
  throw new RuntimeFailure(
    'invalid-request',
    `A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided. Found ${found}.`,
  );
}

const NONE: readonly Cacheable[] = [];

function innerBlocks(block: MessageBlock): readonly Cacheable[] {
  if (block.type === 'tool_result') return block.content ?? NONE;
  return block.type === 'search_result' ? block.content : NONE;
}
