"""The latest anthropic: create, stream, thinking, count_tokens, models, errors, async. Prints JSON."""
import asyncio
import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
prompt = dict(model="mini", messages=[{"role": "user", "content": "Count from 1 to 10"}])
# The newest types leave sampling out; servers of open models still take it.
counting = dict(max_tokens=2000, extra_body={"temperature": 0}, **prompt)

count = client.messages.count_tokens(**prompt)
message = client.messages.create(**counting)
usage = message.usage

events = list(client.messages.create(stream=True, **counting))

with client.messages.stream(**counting) as stream:
    streamed = "".join(stream.text_stream)
    final = stream.get_final_message()

thinking = client.messages.create(thinking={"type": "enabled", "budget_tokens": 1024}, **counting)

try:
    client.messages.create(**{**counting, "model": "nobody"})
    error = None
except anthropic.NotFoundError as failure:
    error = failure.body


async def concurrently():
    patient = anthropic.AsyncAnthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
    answers = await asyncio.gather(*(patient.messages.create(**counting) for _ in range(3)))
    return [answer.content[0].text for answer in answers]


print(
    json.dumps(
        {
            "version": anthropic.__version__,
            "count": count.input_tokens,
            "prompt_tokens": usage.input_tokens
            + usage.cache_read_input_tokens
            + usage.cache_creation_input_tokens,
            "created": message.content[0].text,
            "stop_reason": message.stop_reason,
            "created_stream": "".join(
                event.delta.text for event in events if event.type == "content_block_delta"
            ),
            "last_event": events[-1].type,
            "streamed": streamed,
            "final": final.content[0].text,
            "usage": [message.usage.output_tokens, final.usage.output_tokens],
            "thinking": [block.type for block in thinking.content],
            "models": [model.id for model in client.models.list(limit=1)],
            "model": client.models.retrieve("mini").id,
            "concurrently": asyncio.run(concurrently()),
            "error": error,
        }
    )
)
