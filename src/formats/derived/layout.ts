import type { JsonValue } from '../../core/json.ts';
import type { AnswerTags } from '../format.ts';
import type { ParameterSyntax } from '../shared/parameter-syntax.ts';

/**
 * Characters in a mark for the parts that differ from call to call: an id, a number, and a repeated name of
 * the tool. No template writes them: they are of Unicode's private use area.
 */
export const SLOT = { id: '\uE000', number: '\uE001', name: '\uE002' } as const;

/** Text that a template writes around names and arguments, possibly with slots. */
export type Mark = string;

/** Tags around a block of an answer. */
export interface BlockTags {
  readonly open: string;
  /** Empty if only the end of the turn closes it. */
  readonly close: string;
}

/** A member of a call's object beside name and arguments. */
export interface OtherMember {
  readonly key: string;
  readonly place: 'before' | 'after';
  readonly value: { readonly slot: 'id' | 'number' } | { readonly constant: JsonValue };
}

/** Layout of a tool's name and arguments. */
export type CallBody =
  | {
      /** A JSON object such as `{"name": …, "arguments": {…}}`. */
      readonly style: 'object';
      readonly nameKey: string;
      readonly inputKey: string;
      readonly others: readonly OtherMember[];
      /** Beginning of the object, up to the name. */
      readonly lead: string;
      /** The arguments are before the name. */
      readonly isInputFirst?: true;
    }
  /** A JSON object with the name as its only key. */
  | { readonly style: 'keyed' }
  /** The name, and the arguments as JSON. */
  | { readonly style: 'json'; readonly between: Mark }
  /** `name(key=value)`. */
  | { readonly style: 'python' }
  /** `name{key:value}` with strings in quotes of their own. */
  | { readonly style: 'pairs'; readonly quote: string }
  /** The name, and each argument in marks. */
  | {
      readonly style: 'parameters';
      readonly nameEnd: Mark;
      readonly parameters: ParameterSyntax;
    };

/** Layout of the calls of one answer. */
export interface CallLayout {
  /** Around all calls. */
  readonly section: { readonly open: Mark; readonly close: Mark };
  /** Around each call. */
  readonly call: { readonly open: Mark; readonly close: Mark };
  readonly separator: Mark;
  /** One answer may have several calls. */
  readonly parallel: boolean;
  readonly body: CallBody;
  /** The template describes this layout but renders no calls of the past, so they are written as text. */
  readonly isUnrendered?: true;
}

/** Layout of a model's output, as the renderings of its chat template show it. Plain data. */
export interface TemplateLayout {
  readonly thinking?: BlockTags;
  readonly answer?: AnswerTags;
  readonly calls?: CallLayout;
  /** Text that the template writes after an answer. */
  readonly turnEnd: string;
  /** Tag that the template writes right after calls, before their results, in the turn of the calls. */
  readonly resultOpen?: string;
  /** The template lists the tools, so that no instructions about them are needed. */
  readonly listsTools: boolean;
  /** Tokens that the template's source names, and that are never text of an answer. */
  readonly tokens: readonly string[];
}
