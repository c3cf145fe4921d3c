import { RuntimeFailure } from '../../../core/errors.ts';
import type { MessageBlock } from '../schema/blocks.ts';
import type { RequestBody } from '../schema/request.ts';

const MOST_BREAKPOINTS = 4;

interface Cacheable {
  readonly cache_control?: unknown;
}

/** Throws where a request sets more cache breakpoints than the API takes. */
export function checkCacheControl(body: RequestBody): void {
  const blocks = body.messages.flatMap<MessageBlock>((message) => message.content ?? []);
  const places: readonly Cacheable[] = [
    ...(body.tools ?? []),
    ...(body.system ?? []),
    ...blocks.flatMap((block) => withInner(block)),
  ];
  const found = places.filter(({ cache_control = null }) => cache_control !== null).length;
  if (found <= MOST_BREAKPOINTS) return;
  throw new RuntimeFailure(
    'invalid-request',
    `A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided. Found ${found}.`,
  );
}

function withInner(block: MessageBlock): readonly Cacheable[] {
  if (block.type === 'tool_result') return [block, ...(block.content ?? [])];
  if (block.type === 'search_result') return [block, ...block.content];
  return 'cache_control' in block ? [block] : [];
}
