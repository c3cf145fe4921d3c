import type { ChatFormat, WrittenCall } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { takeTool } from './shared/calls.ts';
import { defineParameters } from './shared/parameter-grammar.ts';
import { readParameters } from './shared/parameters.ts';
import type { ParameterSyntax } from './shared/parameter-syntax.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';
const KEY = '<arg_key>';

/** GLM: a tool's name in `<tool_call>`, then keys and values in tags, each on its own line up to GLM-4.6. */
function glm(name: string, line: '' | '\n', recognises: ChatFormat['recognises']): ChatFormat {
  const parameters: ParameterSyntax = {
    open: KEY,
    // Ling, with the template of GLM-4.5, leaves out the line breaks.
    nameEnds: [{ mark: '</arg_key><arg_value>' }, { mark: '</arg_key>\n<arg_value>' }],
    layout: '',
    close: '</arg_value>',
    separator: line,
    end: CLOSE,
  };
  return {
    name,
    recognises,
    thinking: { open: '<think>', close: '</think>' },
    // GLM-4.5V puts its answer into a box.
    stray: ['<|observation|>', '<|role_end|>', '<|begin_of_box|>', '<|end_of_box|>'],
    tools: {
      triggers: [OPEN],
      closings: [CLOSE],
      *read(source, tools) {
        const called = yield* takeTool(source, tools, '\n', KEY, CLOSE);
        if (called === undefined) return false;
        source.rewind(source.place - called.end.length);
        yield { type: 'call-start', name: called.tool.name };
        yield* readParameters(source, called.tool, parameters);
        return true;
      },
      grammar(tools, rules) {
        const calls = tools.map((tool) =>
          rules.define(
            `call-${tool.name}`,
            `${literal(tool.name)} "\\n"? ${defineParameters(rules, tool, parameters)}`,
          ),
        );
        return `"\\n"? ${oneOf(calls)} ${literal(CLOSE)}`;
      },
      write: (calls) => calls.map((call) => writeCall(call, line)).join('\n'),
    },
  };
}

function writeCall({ name, input }: WrittenCall, line: string): string {
  const parts = Object.entries(input).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${KEY}${key}</arg_key>${line}<arg_value>${text}</arg_value>${line}`;
  });
  return `${OPEN}${name}${line}${parts.join('')}${CLOSE}`;
}

const LINES = /<\/arg_key>(\n|\\n)<arg_value>/;

/** GLM-4.5 and 4.6. */
export const glm45 = glm(
  'glm-4.5',
  '\n',
  (template) => template.includes(KEY) && LINES.test(template),
);

/** GLM-4.7 and 5. */
export const glm47 = glm(
  'glm-4.7',
  '',
  (template) => template.includes(KEY) && !LINES.test(template),
);
