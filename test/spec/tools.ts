import type { Requirement } from './requirement.ts';

/**
 * Requirements of the step "Tools that never leak". An id is `R3.<part>-<word>`; part D lists the
 * final demonstrations.
 */
export const TOOLS: readonly Requirement[] = [
  // 1. Tools through the model's own template and syntax
  {
    id: 'R3.1-template',
    text: 'Tools are rendered by the model’s own template, and its calls are read in its own syntax.',
  },
  {
    id: 'R3.1-arguments',
    text: 'Arguments are streamed as input_json_delta while they are generated.',
  },
  { id: 'R3.1-parallel', text: 'Each of parallel calls is in its own block.' },
  { id: 'R3.1-one-call', text: 'disable_parallel_tool_use ends the answer after one call.' },
  { id: 'R3.1-ids', text: 'Every call has a unique toolu_ id.' },
  {
    id: 'R3.1-results',
    text: 'A tool_result is taken as a string, as blocks and with is_error, by its tool_use_id.',
  },
  {
    id: 'R3.1-result-images',
    text: 'A picture in a tool_result is taken by a model that sees, and named in the refusal of one that does not.',
  },
  { id: 'R3.1-results-first', text: 'Results are rendered before the user’s text.' },
  { id: 'R3.1-auto', text: 'tool_choice auto leaves it to the model whether it calls.' },
  { id: 'R3.1-any', text: 'tool_choice any makes the model call a tool, whatever it wants.' },
  { id: 'R3.1-tool', text: 'tool_choice tool makes the model call the tool it names.' },
  {
    id: 'R3.1-none',
    text: 'tool_choice none renders no tool as callable and reads no call.',
  },
  { id: 'R3.1-turn-ends', text: 'A model that goes on into another role’s turn is ended there.' },
  { id: 'R3.1-valid', text: 'Arguments are valid against the tool’s schema, by grammar.' },
  {
    id: 'R3.1-cut',
    text: 'A call that max_tokens cuts off never appears as a finished one.',
  },

  // 2. Chat formats
  {
    id: 'R3.2-renders',
    text: 'Every chat template renders every shape of conversation: each text once and in order.',
  },
  {
    id: 'R3.2-fallback',
    text: 'If a template raises an error or loses a text, a fallback takes the same position.',
  },
  {
    id: 'R3.2-stable',
    text: 'Fallbacks are found once by probing, so that the rendered prefix is the same from turn to turn.',
  },
  {
    id: 'R3.2-recognised',
    text: 'The family of every chat template is recognised from its source.',
  },
  { id: 'R3.2-text', text: 'Plain text reaches the client as it is, from every family.' },
  { id: 'R3.2-calls', text: 'Every family’s native calls are read: one, two, none with text.' },
  {
    id: 'R3.2-no-arguments',
    text: 'Calls without arguments, or with optional ones left out, are read as they are.',
  },
  {
    id: 'R3.2-values',
    text: 'Nested JSON, unicode, quotes and newlines in arguments reach the client whole.',
  },
  {
    id: 'R3.2-thinking',
    text: 'Thinking before a call is distinguished from text and from the call.',
  },
  { id: 'R3.2-lookalike', text: 'Text that merely looks like a call stays text, and is not lost.' },
  { id: 'R3.2-cut', text: 'A call cut off anywhere leaks no syntax and is no finished call.' },
  {
    id: 'R3.2-splits',
    text: 'However the text is cut into pieces, the same is read, and as early as can be.',
  },

  // 3. Grammar
  {
    id: 'R3.3-objects',
    text: 'Required and optional properties, nested objects and arrays are admitted as the schema says.',
  },
  {
    id: 'R3.3-values',
    text: 'enum, const, type unions, strings, numbers, booleans and null are admitted as the schema says.',
  },
  { id: 'R3.3-combined', text: 'anyOf, oneOf and allOf are admitted as the schema says.' },
  { id: 'R3.3-references', text: '$ref and $defs work, with recursion.' },
  {
    id: 'R3.3-additional',
    text: 'additionalProperties both ways, and propertyNames, are admitted as the schema says.',
  },
  {
    id: 'R3.3-bounds',
    text: 'Patterns, formats and bounds are enforced if they are cheap; else the value is permissive, never null.',
  },
  { id: 'R3.3-untyped', text: 'An untyped schema admits any JSON.' },
  { id: 'R3.3-sound', text: 'Whatever the grammar admits is valid against the schema.' },
  { id: 'R3.3-complete', text: 'Valid samples are admitted by the grammar.' },
  {
    id: 'R3.3-degrades',
    text: 'A schema that cannot be compiled admits any JSON object, with one log line and no failure.',
  },
  { id: 'R3.3-fast', text: '25 tools with 60 KB of schemas compile in at most 20 ms.' },

  // 4. Structured output
  {
    id: 'R3.4-schema',
    text: 'output_config.format json_schema makes the answer JSON that is valid against the schema.',
  },
  { id: 'R3.4-deprecated', text: 'The deprecated output_format does the same.' },
  { id: 'R3.4-stream', text: 'Structured output is streamed.' },
  { id: 'R3.4-parse', text: 'The SDK’s messages.parse works.' },
  { id: 'R3.4-tools', text: 'Structured output works together with tools.' },

  // 5. Thinking
  {
    id: 'R3.5-budget',
    text: 'budget_tokens is enforced exactly: 8 at the engine, and a scripted 2,000-token thinker at the wire.',
  },
  {
    id: 'R3.5-effort',
    text: 'effort is mapped to a budget, or to the model’s own levels if it has some.',
  },
  {
    id: 'R3.5-switch',
    text: 'Thinking is switched as each template wants it, and one that is open is recognised.',
  },
  { id: 'R3.5-omitted', text: 'display: omitted hides thinking that still counts and returns.' },
  { id: 'R3.5-blocks', text: 'An answer may have several thinking blocks.' },
  { id: 'R3.5-between', text: 'Thinking between tool calls keeps its place.' },
  { id: 'R3.5-replay', text: 'Thinking of earlier turns is replayed as the template wants it.' },

  // 6. Injection
  {
    id: 'R3.6-tools',
    text: 'A model whose template has no tools reads them in its prompt, and its calls are parsed.',
  },
  {
    id: 'R3.6-grammar',
    text: 'Injected tools have the same parsers, grammars and choices as native ones.',
  },
  {
    id: 'R3.6-thinking',
    text: 'A model whose template knows no thinking can be asked to think in tags.',
  },

  // 7. Control tokens
  {
    id: 'R3.7-forge',
    text: 'No special token of any family can be written by content, whatever its place.',
  },
  {
    id: 'R3.7-user-defined',
    text: 'Content never becomes a user-defined token that steers the model, such as <tool_call>.',
  },
  {
    id: 'R3.7-harmless',
    text: 'The tokens of harmless prompts are what they would be without protection.',
  },

  // 8. The SDK's tool runner
  {
    id: 'R3.8-runner',
    text: 'The TypeScript SDK’s toolRunner completes a loop of several steps on the embedded model.',
  },
  { id: 'R3.8-zod', text: 'betaZodTool works with it.' },
  { id: 'R3.8-streaming', text: 'The tool runner works streaming too.' },
  { id: 'R3.8-dialects', text: 'Both dialects of the API complete the loop.' },
  { id: 'R3.8-python', text: 'Python’s tool runner completes the loop.' },

  // D. Done when
  {
    id: 'R3.D-matrix',
    text: 'The matrix of families and outputs is green and printed for every template that has tools.',
  },
  {
    id: 'R3.D-samples',
    text: 'The documents’ tool samples run end to end on the embedded model.',
  },
  { id: 'R3.D-random-splits', text: 'Ten thousand random splits of outputs pass.' },
  { id: 'R3.D-random-schemas', text: 'Ten thousand random schemas pass.' },
];
