import type { JsonObject } from '../../src/core/json.ts';

/** A tool as agents send it, with arguments that it takes and some that it does not. */
export interface AgentTool {
  readonly name: string;
  readonly schema: JsonObject;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const DRAFT = { $schema: 'https://json-schema.org/draft/2020-12/schema' };

/** Tools of a coding agent. */
const CODING: readonly AgentTool[] = [
  {
    name: 'Bash',
    schema: {
      ...DRAFT,
      type: 'object',
      properties: {
        command: { type: 'string', description: 'The command' },
        timeout: { type: 'number', description: 'Milliseconds', maximum: 600000 },
        description: { type: 'string' },
        run_in_background: { type: 'boolean' },
      },
      required: ['command'],
      additionalProperties: false,
    },
    good: [
      '{"command": "ls -la \\"a b\\" && echo \'x\'\\n"}',
      '{"command":"sleep 5","timeout":6000,"run_in_background":true}',
      '{\n  "command": "git status",\n  "description": "Shows the state"\n}',
    ],
    bad: [
      '{}',
      '{"command": 5}',
      '{"command": "ls", "timeout": null}',
      '{"command": "ls", "cwd": "/"}',
      '{"command": "ls", "timeout": 600001}',
    ],
  },
  {
    name: 'Edit',
    schema: {
      type: 'object',
      properties: {
        file_path: { type: 'string' },
        old_string: { type: 'string' },
        new_string: { type: 'string' },
        replace_all: { type: 'boolean', default: false },
      },
      required: ['file_path', 'old_string', 'new_string'],
      additionalProperties: false,
    },
    good: [
      '{"file_path": "/a/ü.ts", "old_string": "a\\tb", "new_string": ""}',
      '{"file_path":"x","old_string":"{\\"a\\": 1}","new_string":"\\u00e9\\ud83d\\ude00","replace_all":true}',
    ],
    bad: [
      '{"file_path": "/a"}',
      '{"file_path": "a", "old_string": "b", "new_string": "c", "replace_all": "yes"}',
      '{"file_path": "a", "old_string": "line\nline", "new_string": ""}',
    ],
  },
  {
    name: 'Read',
    schema: {
      type: 'object',
      properties: {
        file_path: { type: 'string' },
        offset: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        limit: { type: 'integer', exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        pages: { type: 'string', pattern: '^\\d+(-\\d+)?$' },
      },
      required: ['file_path'],
    },
    good: [
      '{"file_path": "/a"}',
      '{"file_path": "/a", "limit": 10}',
      '{"file_path": "/a", "offset": 0, "limit": 2000, "pages": "1-5"}',
    ],
    bad: [
      '{"file_path": "/a", "offset": -1}',
      '{"file_path": "/a", "limit": 0}',
      '{"file_path": "/a", "limit": 1.5}',
      '{"file_path": "/a", "pages": "one"}',
      '{"file_path": "/a", "offset": 9007199254740992}',
    ],
  },
  {
    name: 'Grep',
    schema: {
      type: 'object',
      properties: {
        pattern: { type: 'string' },
        path: { type: 'string' },
        glob: { type: 'string' },
        output_mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
        '-B': { type: 'number' },
        '-A': { type: 'number' },
        '-C': { type: 'number' },
        '-n': { type: 'boolean' },
        '-i': { type: 'boolean' },
        type: { type: 'string' },
        head_limit: { type: 'number' },
        multiline: { type: 'boolean' },
      },
      required: ['pattern'],
      additionalProperties: false,
    },
    good: [
      '{"pattern": "a.*b"}',
      '{"pattern": "x", "output_mode": "count"}',
      '{"pattern":"x","-A":3,"-i":true,"multiline":false}',
      '{"pattern": "log\\\\d+", "path": "src", "-n": true, "head_limit": 20}',
    ],
    bad: [
      '{"output_mode": "count"}',
      '{"pattern": "x", "output_mode": "lines"}',
      '{"pattern": "x", "-Z": 1}',
      '{"pattern": "x",}',
    ],
  },
  {
    name: 'TodoWrite',
    schema: {
      type: 'object',
      properties: {
        todos: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              content: { type: 'string', minLength: 1 },
              status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
              activeForm: { type: 'string', minLength: 1 },
            },
            required: ['content', 'status', 'activeForm'],
            additionalProperties: false,
          },
        },
      },
      required: ['todos'],
      additionalProperties: false,
    },
    good: [
      '{"todos": []}',
      '{"todos": [{"content": "Build", "status": "pending", "activeForm": "Building"}, {"content": "Test", "status": "completed", "activeForm": "Testing"}]}',
      '{\n  "todos": [\n    {\n      "content": "a",\n      "status": "in_progress",\n      "activeForm": "b"\n    }\n  ]\n}',
    ],
    bad: [
      '{"todos": [{"content": "", "status": "pending", "activeForm": "x"}]}',
      '{"todos": [{"content": "a", "status": "done", "activeForm": "x"}]}',
      '{"todos": {}}',
    ],
  },
  {
    name: 'WebFetch',
    schema: {
      ...DRAFT,
      type: 'object',
      properties: { url: { type: 'string', format: 'uri' }, prompt: { type: 'string' } },
      required: ['url', 'prompt'],
      additionalProperties: false,
    },
    good: ['{"url": "https://example.org/a?b=c&d=%20#e", "prompt": "What is it?"}'],
    bad: ['{"url": "not a url", "prompt": "x"}', '{"url": "https://example.org"}'],
  },
  {
    name: 'AskUserQuestion',
    schema: {
      ...DRAFT,
      type: 'object',
      properties: {
        questions: {
          type: 'array',
          minItems: 1,
          maxItems: 4,
          items: {
            type: 'object',
            properties: {
              question: { type: 'string' },
              header: { type: 'string', maxLength: 12 },
              multiSelect: { default: false, type: 'boolean' },
              options: {
                minItems: 2,
                maxItems: 4,
                type: 'array',
                items: {
                  type: 'object',
                  properties: { label: { type: 'string' } },
                  required: ['label'],
                },
              },
            },
            required: ['question', 'header', 'options', 'multiSelect'],
          },
        },
        answers: {
          type: 'object',
          propertyNames: { type: 'string' },
          additionalProperties: { type: 'string' },
        },
      },
      required: ['questions'],
    },
    good: [
      '{"questions": [{"question": "Which?", "header": "Choice", "multiSelect": false, "options": [{"label": "a"}, {"label": "b"}]}]}',
      '{"questions": [{"question": "?", "header": "", "multiSelect": true, "options": [{"label": "a"}, {"label": "b"}]}], "answers": {"?": "a"}}',
    ],
    bad: [
      '{"questions": []}',
      '{"questions": [{"question": "Which?", "header": "Choice", "multiSelect": false, "options": [{"label": "a"}]}]}',
      '{"questions": [{"question": "?", "header": "a header too long", "multiSelect": true, "options": [{"label": "a"}, {"label": "b"}]}]}',
    ],
  },
];

/** Tools of MCP servers, whose schemas come from many generators. */
const MCP: readonly AgentTool[] = [
  {
    name: 'pydantic: optional ones as anyOf with null, $defs',
    schema: {
      $defs: {
        Priority: { enum: ['low', 'high'], title: 'Priority', type: 'string' },
        Label: {
          properties: {
            name: { title: 'Name', type: 'string' },
            color: {
              anyOf: [{ type: 'string', pattern: '^#[0-9a-f]{6}$' }, { type: 'null' }],
              default: null,
            },
          },
          required: ['name'],
          title: 'Label',
          type: 'object',
        },
      },
      properties: {
        title: { title: 'Title', type: 'string', maxLength: 100000 },
        priority: { anyOf: [{ $ref: '#/$defs/Priority' }, { type: 'null' }], default: null },
        labels: { items: { $ref: '#/$defs/Label' }, title: 'Labels', type: 'array' },
        meta: { additionalProperties: true, title: 'Meta', type: 'object' },
      },
      required: ['title'],
      title: 'create_issueArguments',
      type: 'object',
    },
    good: [
      '{"title": "x"}',
      '{"title": "x", "priority": null}',
      '{"title": "x", "priority": "high", "labels": [{"name": "bug", "color": "#ff00aa"}, {"name": "b", "color": null}], "meta": {"a": [1, {"b": null}]}}',
    ],
    bad: [
      '{"title": null}',
      '{"title": "x", "priority": "urgent"}',
      '{"title": "x", "labels": [{"color": "#ff00aa"}]}',
      '{"title": "x", "labels": [{"name": "b", "color": "red"}]}',
    ],
  },
  {
    name: 'zod: discriminated union, const, record of an enum, tuple',
    schema: {
      ...DRAFT,
      type: 'object',
      properties: {
        action: {
          oneOf: [
            {
              type: 'object',
              properties: {
                type: { type: 'string', const: 'click' },
                at: {
                  type: 'array',
                  prefixItems: [{ type: 'number' }, { type: 'number' }],
                  minItems: 2,
                },
              },
              required: ['type', 'at'],
              additionalProperties: false,
            },
            {
              type: 'object',
              properties: { type: { const: 'type' }, text: { type: 'string' } },
              required: ['type', 'text'],
              additionalProperties: false,
            },
          ],
        },
        weights: {
          type: 'object',
          propertyNames: { type: 'string', enum: ['speed', 'quality'] },
          additionalProperties: { type: 'number', minimum: 0, maximum: 1 },
        },
      },
      required: ['action'],
      additionalProperties: false,
    },
    good: [
      '{"action": {"type": "click", "at": [10, 20.5]}}',
      '{"action": {"type": "type", "text": "hi"}, "weights": {"quality": 0.75, "speed": 1}}',
    ],
    bad: [
      '{"action": {"type": "click", "text": "hi"}}',
      '{"action": {"type": "click", "at": [1]}}',
      '{"action": {"type": "click", "at": [1, 2, 3]}}',
      '{"action": {"type": "type", "text": "hi"}, "weights": {"speed": 1.5}}',
      '{"action": {"type": "type", "text": "hi"}, "weights": {"cost": 1}}',
    ],
  },
  {
    name: 'recursion through definitions of draft 7',
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { filter: { $ref: '#/definitions/Filter' } },
      required: ['filter'],
      definitions: {
        Filter: {
          anyOf: [
            {
              type: 'object',
              properties: {
                field: { type: 'string' },
                equals: { type: ['string', 'number', 'boolean'] },
              },
              required: ['field', 'equals'],
            },
            {
              type: 'object',
              properties: {
                and: { type: 'array', items: { $ref: '#/definitions/Filter' }, minItems: 1 },
              },
              required: ['and'],
            },
            {
              type: 'object',
              properties: { not: { $ref: '#/definitions/Filter' } },
              required: ['not'],
            },
          ],
        },
      },
    },
    good: [
      '{"filter": {"field": "a", "equals": 1}}',
      '{"filter": {"and": [{"not": {"field": "a", "equals": "x"}}, {"and": [{"field": "b", "equals": true}]}]}}',
    ],
    bad: [
      '{"filter": {}}',
      '{"filter": {"and": []}}',
      '{"filter": {"not": {"field": "a"}}}',
      '{"filter": {"field": "a", "equals": null}}',
    ],
  },
  {
    name: 'allOf of a base and more, with a oneOf of what is required',
    schema: {
      type: 'object',
      allOf: [{ $ref: '#/$defs/Base' }, { properties: { query: { type: 'string' } } }],
      oneOf: [{ required: ['id'] }, { required: ['query'] }],
      $defs: {
        Base: {
          type: 'object',
          properties: {
            id: { type: 'integer' },
            limit: { type: 'integer', minimum: 1, maximum: 50 },
          },
        },
      },
    },
    good: ['{"id": 5}', '{"limit": 50, "query": "x"}', '{"query": "x"}'],
    bad: ['{}', '{"limit": 3}', '{"id": 5, "limit": 51}'],
  },
  {
    name: 'no parameters',
    schema: { type: 'object', properties: {}, additionalProperties: false },
    good: ['{}', '{ }'],
    bad: ['{"a": 1}', '[]', ''],
  },
];

export const AGENT_TOOLS: readonly AgentTool[] = [...CODING, ...MCP];
