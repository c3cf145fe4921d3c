"""All that anthropic 0.24.0 has for us: create, create with stream=True, stream, and its errors. Prints JSON."""
import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
counting = dict(
    model="mini",
    max_tokens=200,
    temperature=0.0,
    messages=[{"role": "user", "content": "Count from 1 to 10"}],
)

message = client.messages.create(**counting)

events = list(client.messages.create(stream=True, **counting))

with client.messages.stream(**counting) as stream:
    streamed = "".join(stream.text_stream)
    final = stream.get_final_message()

try:
    client.messages.create(**{**counting, "model": "nobody"})
    error = None
except anthropic.NotFoundError as failure:
    error = failure.body

print(
    json.dumps(
        {
            "version": anthropic.__version__,
            "created": message.content[0].text,
            "stop_reason": message.stop_reason,
            "created_stream": "".join(
                event.delta.text for event in events if event.type == "content_block_delta"
            ),
            "last_event": events[-1].type,
            "streamed": streamed,
            "final": final.content[0].text,
            "usage": [message.usage.output_tokens, final.usage.output_tokens],
            "error": error,
        }
    )
)
