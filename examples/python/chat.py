"""A message, a stream and counted tokens by the Anthropic SDK for Python."""

import os

import anthropic

client = anthropic.Anthropic(
    base_url=os.environ.get("ANTHROPIC_BASE_URL", "http://127.0.0.1:11435"),
    api_key="portico",
)
model = os.environ.get("MODEL", "mini")
messages = [{"role": "user", "content": "Count from 1 to 3"}]

message = client.messages.create(model=model, max_tokens=100, messages=messages)
print("message:", message.content[0].text)

print("stream: ", end="")
with client.messages.stream(model=model, max_tokens=100, messages=messages) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()

count = client.messages.count_tokens(model=model, messages=messages)
print("tokens:", count.input_tokens)
