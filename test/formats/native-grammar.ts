import type { CallableTool, ChatFormat } from '../../src/formats/format.ts';
import { GrammarRules } from '../../src/grammar/gbnf.ts';
import { sharedLlama } from '../support/native-llama.ts';

/** Returns true if a grammar accepts a complete text. */
export type Admits = (text: string) => boolean;

/** Compiles the grammar of a family after a trigger. */
export function compileCalls(
  format: ChatFormat,
  tools: readonly CallableTool[],
  options: { readonly trigger: string; readonly parallel: boolean },
): Promise<Admits> {
  const rules = new GrammarRules();
  const root = rules.forArguments(() => format.tools?.grammar(tools, rules, options) ?? '""');
  return compileGrammar(rules.write(root));
}

/** Compiles a grammar with llama.cpp. Throws if the grammar is invalid. */
export async function compileGrammar(gbnf: string): Promise<Admits> {
  const { llama } = await sharedLlama();
  const grammar = await llama.createGrammar({ grammar: gbnf });
  // An internal member of node-llama-cpp 3.22.1, which has no public check of a text against a grammar.
  const native: unknown = Reflect.get(grammar, '_grammar');
  if (typeof native !== 'object' || native === null) throw new Error('No native grammar.');
  const isTextCompatible: unknown = Reflect.get(native, 'isTextCompatible');
  if (typeof isTextCompatible !== 'function') throw new Error('No native isTextCompatible.');
  return (text) => Reflect.apply(isTextCompatible, native, [text]) === true;
}
