import { KINDS, valuesOf } from './entry-schemas.ts';

/** JSON Schema of models.yaml, for the completion of editors. */
export function modelsSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'models.yaml of Portico',
    type: 'object',
    properties: {
      default: {
        type: ['string', 'null'],
        description: 'Model for claude-… names that are not aliases.',
      },
      models: {
        type: ['object', 'null'],
        description: 'Models by their names.',
        additionalProperties: { anyOf: KINDS.map((kind) => ({ $ref: `#/definitions/${kind}` })) },
      },
      aliases: {
        type: ['object', 'null'],
        description: 'Other names of models.',
        additionalProperties: { type: 'string' },
      },
      mcp: {
        type: ['object', 'null'],
        description: 'Programs of MCP servers by the names that requests use.',
        additionalProperties: {
          type: 'object',
          properties: {
            command: { type: 'string', description: 'Program, run without a shell.' },
            args: { type: 'array', items: { type: ['string', 'number'] } },
            env: { type: 'object', additionalProperties: { type: 'string' } },
          },
          required: ['command'],
          additionalProperties: false,
        },
      },
    },
    definitions: Object.fromEntries(KINDS.map((kind) => [kind, entryOf(kind)])),
  };
}

function entryOf(kind: string): object {
  return {
    type: 'object',
    properties: valuesOf(kind),
    required: ['backend'],
    additionalProperties: false,
  };
}
