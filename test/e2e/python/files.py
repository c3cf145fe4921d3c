"""Uses the files of a server with strict response validation. Prints what it sees as JSON."""
import json
import sys

import anthropic

client = anthropic.Anthropic(
    base_url=sys.argv[1], api_key="x", max_retries=0, _strict_response_validation=True
)
created = client.files.upload(file=("notes.txt", b"one two three", "application/pdf"))
short = client.files.upload(file=b"no name", expires_in_seconds=3600)
seen = client.files.retrieve_metadata(created.id)
pages = [file.id for file in client.files.list(limit=1)]
beta = [file.id for file in client.beta.files.list(limit=1)]
older = client.beta.files.list(betas=["files-api-2025-04-14"]).to_dict()


def count(source):
    content = [{"type": "document", "source": source}]
    messages = [{"role": "user", "content": content}]
    return client.messages.count_tokens(model="mini", messages=messages).input_tokens


by_file = count({"type": "file", "file_id": created.id})
inline = count({"type": "text", "media_type": "text/plain", "data": "one two three"})


def refusal(call):
    try:
        call()
    except anthropic.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.message]


download = refusal(lambda: client.files.download(created.id))
deleted = client.files.delete(created.id).to_dict()
client.beta.files.delete(short.id)
gone = refusal(lambda: client.files.retrieve_metadata(created.id))
unknown = refusal(lambda: count({"type": "file", "file_id": created.id}))

print(
    json.dumps(
        {
            "created": created.to_dict(mode="json"),
            "same": seen == created,
            "unnamed": short.filename,
            "lifetime": (short.expires_at - short.created_at).total_seconds(),
            "pages": pages == [short.id, created.id],
            "beta": beta == pages,
            "older": [older["first_id"] == short.id, older["has_more"]],
            "counts": by_file == inline and by_file > 3,
            "download": download,
            "deleted": deleted == {"id": created.id, "type": "file_deleted"},
            "gone": gone,
            "unknown": unknown,
        }
    )
)
