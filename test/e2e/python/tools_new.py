"""The latest anthropic's tool runners, plain and streaming, and messages.parse. Prints JSON."""
import json
import re
import sys

import anthropic
from anthropic import beta_tool
from pydantic import BaseModel

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any key", max_retries=0)
files = {}
commands = []


@beta_tool
def Bash(command: str) -> str:
    """Runs a shell command

    Args:
        command: The command to execute
    """
    commands.append(command)
    written = re.fullmatch(r"echo '(.*)' > (\S+)", command)
    if written:
        files[written[2]] = written[1]
    shown = re.fullmatch(r"cat (\S+)", command)
    return files.get(shown[1], "no such file") if shown else "(no output)"


@beta_tool
def Edit(file_path: str, old_string: str, new_string: str) -> str:
    """Edits a file

    Args:
        file_path: Path of the file
        old_string: The text to replace
        new_string: The new text
    """
    raise RuntimeError("nobody needs this tool")


@beta_tool
def Read(file_path: str) -> str:
    """Reads a file from disk

    Args:
        file_path: Path of the file
    """
    raise RuntimeError("nobody needs this tool")


class Person(BaseModel):
    name: str
    age: int


def asking(content):
    return dict(model="mini", max_tokens=300, messages=[{"role": "user", "content": content}])


task = dict(
    tools=[Bash, Edit, Read],
    **asking("Write hello.txt containing 'stone', then cat it and reply DONE."),
)


def told(messages):
    ran = list(commands)
    commands.clear()
    return {
        "reasons": [message.stop_reason for message in messages],
        "ids": [block.id for m in messages for block in m.content if block.type == "tool_use"],
        "commands": ran,
        "answer": "".join(block.text for block in messages[-1].content if block.type == "text"),
    }


plain = told(list(client.beta.messages.tool_runner(**task)))

parts = 0
streamed = []
for stream in client.beta.messages.tool_runner(stream=True, **task):
    parts += sum(event.type == "input_json" for event in stream)
    streamed.append(stream.get_final_message())

parsed = client.messages.parse(
    output_format=Person, **asking("Extract name and age as JSON: Alice is 31.")
)

print(
    json.dumps(
        {
            "version": anthropic.__version__,
            "plain": plain,
            "streamed": told(streamed),
            "parts": parts,
            "parsed": parsed.parsed_output.model_dump(),
        }
    )
)
