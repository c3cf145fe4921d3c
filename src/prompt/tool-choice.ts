import type { ToolChoice, ToolSpec } from '../core/conversation.ts';

/** Returns true if an answer has to begin with a call. */
export function isForced(choice: ToolChoice): boolean {
  return choice.mode === 'any' || choice.mode === 'tool';
}

/** Tools that the model may call under a tool choice. */
export function admittedTools(tools: readonly ToolSpec[], choice: ToolChoice): readonly ToolSpec[] {
  switch (choice.mode) {
    case 'none':
      return [];
    case 'tool':
      return tools.filter(({ name }) => name === choice.name);
    case 'auto':
    case 'any':
      return tools;
    default:
      return choice satisfies never;
  }
}
