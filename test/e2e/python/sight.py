"""Shows a picture, in base64 or by its URL, and prints what is said to be in it, as JSON."""
import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
picture = sys.argv[2]
if picture.startswith("http"):
    source = {"type": "url", "url": picture}
else:
    source = {"type": "base64", "media_type": "image/png", "data": picture}
model = client.models.list(limit=1).data[0].id
message = client.messages.create(
    model=model,
    max_tokens=60,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "image", "source": source},
                {"type": "text", "text": "What is in this picture?"},
            ],
        }
    ],
)
print(json.dumps(message.content[0].text))
