import type { ChatFormat } from './format.ts';
import type { TemplateTraits } from './messages.ts';
import type { TemplateRenderer } from './render.ts';

/**
 * Finds out by small conversations what a template takes, once: a fallback that depended on the
 * conversation at hand could change from turn to turn, and the rendered prefix with it.
 */
export function probeTemplate(
  render: TemplateRenderer,
  format: ChatFormat,
  tokens: { readonly bos: string; readonly eos: string },
): TemplateTraits {
  const attempt = (messages: readonly unknown[], thinks: boolean): string | undefined => {
    try {
      return render({
        messages,
        add_generation_prompt: true,
        enable_thinking: thinks,
        thinking: thinks,
        bos_token: tokens.bos,
        eos_token: tokens.eos,
      });
    } catch {
      return undefined;
    }
  };
  const asks = attempt([USER], true);
  const forbids = attempt([USER], false);
  return {
    system: inOrder(attempt([SYSTEM, USER], false), ['PROBE-S', 'PROBE-U']),
    systemAnywhere: inOrder(attempt([SYSTEM, USER, LATER, ANSWER, NEXT], false), [
      'PROBE-S',
      'PROBE-U',
      'PROBE-L',
      'PROBE-A',
      'PROBE-N',
    ]),
    thinking: thinkingTrait(asks, forbids, format),
  };
}

const SYSTEM = { role: 'system', content: 'PROBE-S' };
const USER = { role: 'user', content: 'PROBE-U' };
const LATER = { role: 'system', content: 'PROBE-L' };
const ANSWER = { role: 'assistant', content: 'PROBE-A' };
const NEXT = { role: 'user', content: 'PROBE-N' };

function thinkingTrait(
  asks: string | undefined,
  forbids: string | undefined,
  format: ChatFormat,
): TemplateTraits['thinking'] {
  if (format.alwaysThinks === true) return 'always';
  if (format.thinking === undefined) return 'none';
  if (asks !== forbids) return 'switchable';
  // A template that always opens the tag can be told not to think: the tag is closed again at once.
  return asks?.trimEnd().endsWith(format.thinking.open) === true ? 'switchable' : 'none';
}

/** Whether a rendering holds each word exactly once, in this order. */
function inOrder(rendered: string | undefined, words: readonly string[]): boolean {
  if (rendered === undefined) return false;
  const places = words.map((word) =>
    rendered.indexOf(word) === rendered.lastIndexOf(word) ? rendered.indexOf(word) : -1,
  );
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}
