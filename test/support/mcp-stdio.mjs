import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createToolServer } from './mcp-tools.mjs';

await createToolServer().connect(new StdioServerTransport());
