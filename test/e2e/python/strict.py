"""Holds whole and streamed answers strictly against the SDK's response types. Prints the violations as JSON."""
import json
import sys
import urllib.request

import anthropic
import pydantic
from anthropic import types

url = sys.argv[1] + "/v1/messages"
# Before tools were in the types of plain messages, an answer could hold text only.
knows_blocks = hasattr(types, "ThinkingBlock")
Event = types.RawMessageStreamEvent if knows_blocks else types.MessageStreamEvent
checks = {"message": (pydantic.TypeAdapter(types.Message), pydantic.TypeAdapter(Event))}
if knows_blocks:
    from anthropic.types import beta

    checks["beta"] = (
        pydantic.TypeAdapter(beta.BetaMessage),
        pydantic.TypeAdapter(beta.BetaRawMessageStreamEvent),
    )

weather = {
    "name": "get_weather",
    "description": "Get the current weather in a location",
    "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
}
bodies = {"text": {}, "stopped": {"stop_sequences": [","]}, "cut": {"max_tokens": 5}}
if knows_blocks:
    bodies["thinking"] = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    bodies["omitted"] = {"thinking": {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}}
    bodies["tool"] = {"tools": [weather], "tool_choice": {"type": "any"}}



def post(body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode()


violations = []
checked = 0


def check(name, adapter, data):
    global checked
    checked += 1
    try:
        adapter.validate_json(data, strict=True)
    except pydantic.ValidationError as error:
        violations.append(f"{name}: {error}")


for name, more in bodies.items():
    body = {
        "model": "mini",
        "max_tokens": 1500,
        "messages": [{"role": "user", "content": "Count from 1 to 10"}],
        **more,
    }
    whole = post(body)
    streamed = post({**body, "stream": True})
    events = [line[len("data: ") :] for line in streamed.split("\n") if line.startswith("data: ")]
    for kind, (message, event) in checks.items():
        check(f"{name} {kind}", message, whole)
        for data in events:
            if json.loads(data)["type"] != "ping":
                check(f"{name} {kind}", event, data)

print(json.dumps({"version": anthropic.__version__, "checked": checked, "violations": violations}))
