import type { Conversation, Part, TextPart, ToolSpec } from '../core/conversation.ts';
import { callsById, inCallOrder } from './call-ids.ts';
import type { NamedCall } from './call-ids.ts';
import { writeCall, writeResult } from './call-text.ts';
import type { ChatFormat, ThinkingTags } from '../formats/format.ts';
import { hermes } from '../formats/hermes.ts';
import { joinedTools } from '../formats/shared/joined-tools.ts';
import type { TemplateTraits } from './template-traits.ts';
import { writeToolOutput } from './text.ts';

/** Features that a model's template lacks and that instructions in the prompt replace. */
export interface Injection {
  readonly tools: boolean;
  readonly thinking: boolean;
  /** A call in the family's own syntax, for instructions, if the template renders calls but lists no tools. */
  readonly example?: string;
  /** Tags around the thinking: the family's own if it has any. */
  readonly thinkingTags: ThinkingTags;
}

const THINKING_TAGS: ThinkingTags = { open: '<think>', close: '</think>' };

/** Features to inject for a model family and a template. */
export function injectionFor(format: ChatFormat, traits: TemplateTraits): Injection {
  const tools = format.tools === undefined || !traits.tools;
  const example = tools && traits.calls !== undefined ? exampleOf(format) : undefined;
  return {
    tools,
    ...(example !== undefined && { example }),
    // Thinking tags have no meaning in output that is not tagged text.
    thinking: traits.thinking === 'none' && format.readOutput === undefined,
    thinkingTags: format.thinking ?? THINKING_TAGS,
  };
}

/** A call with placeholders for its name and its arguments; undefined if the family can't write them as JSON. */
function exampleOf({ tools }: ChatFormat): string | undefined {
  const call = tools?.write?.([{ name: 'NAME', input: {} }]);
  return call?.includes('{}') === true ? call.replace('{}', 'ARGUMENTS') : undefined;
}

/** Injection for models of a server that reports capabilities but no template. */
export function plainInjection(tools: boolean, thinking: boolean): Injection {
  return { tools, thinking, thinkingTags: THINKING_TAGS };
}

/** Chat format with the syntax that the instructions teach, and with the family's own one if that is another. */
export function injectedFormat(
  format: ChatFormat,
  { tools, example, thinking, thinkingTags }: Injection,
): ChatFormat {
  const syntaxes = [hermes.tools, format.tools].flatMap((syntax) => syntax ?? []);
  const [taught, ...others] = example === undefined ? syntaxes : syntaxes.toReversed();
  return {
    ...format,
    ...(tools && taught && { tools: joinedTools(taught, ...others) }),
    ...(thinking && { thinking: { ...thinkingTags, later: 'dropped' } }),
  };
}

/** Traits of a template after injection. */
export function injectedTraits(
  traits: TemplateTraits,
  { tools, example, thinking }: Injection,
): TemplateTraits {
  return {
    ...traits,
    ...(thinking && { thinking: 'switchable' }),
    // Past calls are written as text, in the syntax that the instructions teach.
    ...(tools && example === undefined && { calls: undefined }),
  };
}

/**
 * Conversation with instructions at the end of its system prompt. Injected tools move into these
 * instructions as text.
 *
 * @param tools callable tools
 * @param thinks the model is to think before it answers
 */
export function injectInstructions(
  conversation: Conversation,
  injection: Injection,
  tools: readonly ToolSpec[],
  thinks: boolean,
): Conversation {
  const instructions = [
    ...(injection.tools && tools.length > 0 ? [toolInstructions(tools, injection.example)] : []),
    ...(injection.thinking && thinks ? [thinkingInstructions(injection.thinkingTags)] : []),
  ].map((text): TextPart => ({ kind: 'text', text }));
  return {
    system: [...conversation.system, ...instructions],
    turns: conversation.turns,
    tools: injection.tools ? [] : conversation.tools,
  };
}

/** Conversation with past calls and results as text, in the syntax that the instructions teach. */
export function callsAsText(conversation: Conversation): Conversation {
  const named = callsById(conversation.turns);
  return {
    ...conversation,
    turns: conversation.turns.map(({ role, parts }) => ({
      role,
      parts: partsAsText(inPlaces(parts, named)),
    })),
  };
}

/** Returns the same parts with the results sorted in the order of their calls. */
function inPlaces(parts: readonly Part[], named: ReadonlyMap<string, NamedCall>): readonly Part[] {
  const results = parts.filter((part) => part.kind === 'tool-result');
  if (results.length < 2) return parts;
  const ordered = inCallOrder(results, named).values();
  return parts.map((part) => (part.kind === 'tool-result' ? (ordered.next().value ?? part) : part));
}

function partsAsText(parts: readonly Part[]): readonly Part[] {
  return parts.flatMap((part, index): readonly Part[] => {
    if (part.kind === 'tool-call') {
      const call = writeCall(part.name, part.input);
      return [{ kind: 'text', text: index === 0 ? call : `\n${call}` }];
    }
    if (part.kind !== 'tool-result') return [part];
    // Images follow the result that contained them.
    const images = part.output.filter(({ kind }) => kind === 'image');
    const words = part.output.filter(({ kind }) => kind !== 'image');
    return [{ kind: 'text', text: writeResult(writeToolOutput(words, part.isError)) }, ...images];
  });
}

function thinkingInstructions({ open, close }: ThinkingTags): string {
  return `# Thinking

Think before you answer: write your thoughts between ${open} and ${close}, then the answer after them.`;
}

const CALL_IN_TAGS = `To call one, reply with its name and its arguments as JSON in tool_call tags:
<tool_call>
{"name": NAME, "arguments": ARGUMENTS}
</tool_call>
Its result comes back in tool_response tags. `;

function toolInstructions(tools: readonly ToolSpec[], example: string | undefined): string {
  const form =
    example === undefined
      ? CALL_IN_TAGS
      : `To call one, reply with its name and its arguments as JSON in this form:\n${example}\n`;
  const listed = tools.map(({ name, description, inputSchema }) =>
    JSON.stringify({ name, description, parameters: inputSchema }),
  );
  return `# Tools

You can call these tools:
<tools>
${listed.join('\n')}
</tools>

${form}Without a need for a tool, answer in plain text.`;
}
