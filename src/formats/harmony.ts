import type { ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import {
  CALL_END,
  CHANNEL,
  IN_CHANNEL,
  MESSAGE,
  NEXT,
  readCall,
  readMessages,
  RECIPIENT,
} from './harmony-messages.ts';

const THINKING_END = `<|end|>${NEXT}`;

/**
 * Harmony, the format of gpt-oss. An answer consists of messages on channels: `analysis` for thinking, `final`
 * and `commentary` for text. A call is a message to `functions.name`. The first message begins after
 * `<|start|>assistant`, which is in the prompt.
 *
 * @see https://cookbook.openai.com/articles/openai-harmony
 */
export const harmony: ChatFormat = {
  name: 'harmony',
  recognises: (template) =>
    template.includes(`${CHANNEL}analysis${MESSAGE}`) && template.includes(NEXT),
  thinking: { open: `${CHANNEL}analysis${MESSAGE}`, close: THINKING_END },
  thinkingEnd: THINKING_END,
  alwaysThinks: true,
  preamble: { open: `${CHANNEL}commentary${MESSAGE}`, close: THINKING_END },
  answer: { open: `${CHANNEL}final${MESSAGE}`, close: '<|end|>', always: true },
  efforts: ['low', 'medium', 'high'],
  tools: {
    triggers: [IN_CHANNEL, RECIPIENT],
    read: readCall,
    grammar(tools, rules, { trigger }) {
      const channel =
        trigger === IN_CHANNEL ? '' : `(${literal(CHANNEL)} ("commentary" | "analysis"))?`;
      const kind = `" "? (${literal('<|constrain|>')}? "json")?`;
      const header = rules.define('header', `${channel} ${kind} ${literal(MESSAGE)}`);
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(`call-${name}`, `${literal(`.${name}`)} ${header} ${input}`);
      });
      // Optional, since the closing mark is an end-of-turn token, which no grammar can require.
      return `${oneOf(calls)} ${literal(CALL_END)}?`;
    },
  },
  readOutput: readMessages,
};

/** Harmony calls in the text of a server that does not parse the channels. */
export const leakedHarmony: Omit<ToolSyntax, 'grammar'> = {
  triggers: [IN_CHANNEL, RECIPIENT, `${NEXT}${IN_CHANNEL}`, `${NEXT} ${RECIPIENT}`],
  read: readCall,
};
