"""Reads a cited answer, whole and streamed, and validates it strictly. Prints what the SDK reads as JSON."""
import json
import sys
import urllib.request

import anthropic
import pydantic
from anthropic import types

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
document = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green. The sky is blue."},
    "title": "Colours",
    "citations": {"enabled": True},
}
messages = [{"role": "user", "content": [document, {"type": "text", "text": "What is blue?"}]}]
asking = {"model": "actor", "max_tokens": 100, "messages": messages}


def post(body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(sys.argv[1] + "/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode()


def read(message):
    return [
        [block.text, [citation.cited_text for citation in block.citations or []]]
        for block in message.content
    ]


violations = []


def check(adapter, data):
    try:
        adapter.validate_json(data, strict=True)
    except pydantic.ValidationError as error:
        violations.append(str(error))


check(pydantic.TypeAdapter(types.Message), post(asking))
for line in post({**asking, "stream": True}).split("\n"):
    if line.startswith("data: ") and json.loads(line[6:])["type"] != "ping":
        check(pydantic.TypeAdapter(types.RawMessageStreamEvent), line[6:])

created = client.messages.create(**asking)
with client.messages.stream(**asking) as stream:
    citations = [event.citation.type for event in stream if event.type == "citation"]
    streamed = stream.get_final_message()
again = client.messages.create(
    **{
        **asking,
        "messages": [
            *messages,
            {"role": "assistant", "content": created.content},
            {"role": "user", "content": "Sure?"},
        ],
    }
)
print(
    json.dumps(
        {
            "violations": violations,
            "created": read(created),
            "streamed": read(streamed),
            "citations": citations,
            "again": read(again),
        }
    )
)
