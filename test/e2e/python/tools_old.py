"""What anthropic 0.24.0 has of tools: a call, its result and the answer, through its beta. Prints JSON."""
import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
asked = {"role": "user", "content": "What is the weather in Paris?"}
asking = dict(
    model="mini",
    max_tokens=300,
    tools=[
        {
            "name": "get_weather",
            "description": "Get the current weather in a location",
            "input_schema": {
                "type": "object",
                "properties": {"location": {"type": "string", "description": "City name"}},
                "required": ["location"],
            },
        }
    ],
)

called = client.beta.tools.messages.create(messages=[asked], **asking)
call = called.content[-1]
result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees and cloudy"}
answer = client.beta.tools.messages.create(
    messages=[
        asked,
        {"role": "assistant", "content": [block.model_dump() for block in called.content]},
        {"role": "user", "content": [result]},
    ],
    **asking,
)

print(
    json.dumps(
        {
            "version": anthropic.__version__,
            "id": call.id,
            "name": call.name,
            "input": call.input,
            "reasons": [called.stop_reason, answer.stop_reason],
            "answer": answer.content[0].text,
        }
    )
)
