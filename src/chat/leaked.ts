import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { hermes } from './formats/hermes.ts';
import { glm45 } from './formats/glm.ts';
import { kimi } from './formats/kimi.ts';
import { llama3 } from './formats/llama3.ts';
import { minimax } from './formats/minimax.ts';
import { mistralArgs } from './formats/mistral-args.ts';
import { mistralList } from './formats/mistral-list.ts';
import { plain } from './formats/plain.ts';
import { qwenXml } from './formats/qwen-xml.ts';
import type { OutputPiece, Reading, Source } from './reader.ts';

/** The families whose calls servers are known to leave in the text. */
const SYNTAXES: readonly ToolSyntax[] = [
  hermes,
  qwenXml,
  glm45,
  mistralList,
  mistralArgs,
  llama3,
  kimi,
  minimax,
].flatMap(({ tools }) => tools ?? []);

/** Characters that failed readings may cost one answer: a model that repeats the beginning of a call is text. */
const MOST_REREAD = 4_000_000;

/**
 * Text of a server that should have told thinking and calls apart, and did not. A call counts only
 * once it is complete; until then, and if it never is, it is text.
 */
export const leaked: ChatFormat = {
  ...plain,
  name: 'leaked',
  tools: {
    triggers: [...new Set(SYNTAXES.flatMap(({ triggers }) => triggers))],
    triggersAtStart: (tools) => SYNTAXES.flatMap((syntax) => syntax.triggersAtStart?.(tools) ?? []),
    *read(source, tools, trigger) {
      if (source.reread > MOST_REREAD) return false;
      const place = source.place;
      for (const syntax of SYNTAXES.filter((one) => knows(one, tools, trigger))) {
        if (yield* readComplete(source, syntax.read(source, tools, trigger))) return true;
        source.rewind(place);
      }
      return false;
    },
    grammar: () => {
      throw new Error('Leaked calls have no grammar: they are read from the text of servers.');
    },
  },
};

function knows(syntax: ToolSyntax, tools: readonly CallableTool[], trigger: string): boolean {
  return (
    syntax.triggers.includes(trigger) || syntax.triggersAtStart?.(tools).includes(trigger) === true
  );
}

/** Reads calls and passes them on only if all of them are complete. */
function* readComplete(source: Source, reading: Reading<boolean>): Reading<boolean> {
  const pieces: OutputPiece[] = [];
  source.keep(true);
  let step = reading.next();
  for (; step.done !== true; step = reading.next()) {
    if (step.value === undefined) yield undefined;
    else pieces.push(step.value);
  }
  source.keep(false);
  const begun = pieces.filter(({ type }) => type === 'call-start').length;
  const ended = pieces.filter(({ type }) => type === 'call-end').length;
  if (!step.value || begun === 0 || begun !== ended) return false;
  yield* pieces;
  return true;
}
