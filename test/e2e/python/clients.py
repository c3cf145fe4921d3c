"""LangChain, Pydantic AI, Instructor and LiteLLM against one server: text, stream, tools, object. Prints JSON."""
import asyncio
import json
import os
import sys

# None of them may contact another address than the server's.
os.environ.update(
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    LANGSMITH_TRACING="false",
    LANGCHAIN_TRACING_V2="false",
    ANTHROPIC_API_KEY="any key",
)
url = sys.argv[1]

import anthropic
import instructor
import litellm
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from pydantic import BaseModel
from pydantic_ai import Agent, ToolOutput
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

litellm.telemetry = False
COUNT = "Count from 1 to 10"
WEATHER = "What is the weather in Paris?"
ABOUT = "Extract name and age as JSON: Alice is 31."


class Person(BaseModel):
    """A person with a name and an age."""

    name: str
    age: int


def get_weather(location: str) -> str:
    """Get the current weather in a location.

    Args:
        location: City name
    """
    return f"18 degrees and cloudy in {location}"


def langchain():
    chat = ChatAnthropic(model="mini", base_url=url, max_tokens=300, max_retries=0)
    called = chat.bind_tools([tool(get_weather)]).invoke(WEATHER).tool_calls
    return dict(
        text=chat.invoke(COUNT).content,
        stream="".join(chunk.text for chunk in chat.stream(COUNT)),
        tools=[[call["name"], call["args"]] for call in called],
        object=chat.with_structured_output(Person).invoke(ABOUT).model_dump(),
    )


async def pydantic_ai():
    client = anthropic.AsyncAnthropic(base_url=url, max_retries=0)
    model = AnthropicModel("mini", provider=AnthropicProvider(anthropic_client=client))
    settings = dict(max_tokens=300)
    plain = Agent(model, model_settings=settings)
    async with plain.run_stream(COUNT) as answer:
        streamed = await answer.get_output()
    calls = []

    def weather(location: str) -> str:
        """Get the current weather in a location."""
        calls.append(["get_weather", {"location": location}])
        return get_weather(location)

    asked = Agent(model, model_settings=settings)
    asked.tool_plain(name="get_weather")(weather)
    await asked.run(WEATHER)
    holds = Agent(model, model_settings=settings, output_type=ToolOutput(Person, name="person"))
    return dict(
        text=(await plain.run(COUNT)).output,
        stream=streamed,
        tools=calls,
        object=(await holds.run(ABOUT)).output.model_dump(),
    )


def instructed():
    client = instructor.from_anthropic(anthropic.Anthropic(base_url=url, max_retries=0))
    asked = dict(model="mini", max_tokens=300, messages=[{"role": "user", "content": ABOUT}], response_model=Person)
    partials = list(client.create_partial(**asked))
    return dict(object=client.create(**asked).model_dump(), stream=partials[-1].model_dump())


def lite():
    asked = dict(model="anthropic/mini", api_base=url, max_tokens=300, num_retries=0)
    ask = lambda content, **more: litellm.completion(messages=[{"role": "user", "content": content}], **asked, **more)
    offered = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the current weather in a location",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string"}},
                "required": ["location"],
            },
        },
    }
    called = ask(WEATHER, tools=[offered]).choices[0].message.tool_calls
    structured = ask(ABOUT, response_format=Person).choices[0].message.content
    return dict(
        text=ask(COUNT).choices[0].message.content,
        stream="".join(chunk.choices[0].delta.content or "" for chunk in ask(COUNT, stream=True)),
        tools=[[call.function.name, json.loads(call.function.arguments)] for call in called],
        object=json.loads(structured),
    )


print(
    json.dumps(
        {
            "langchain": langchain(),
            "pydantic_ai": asyncio.run(pydantic_ai()),
            "instructor": instructed(),
            "litellm": lite(),
        }
    )
)
