"""One client session after the plan of calls.json: every tool, prompt and
resource, each answer held against the schema that the tool itself gave."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from jsonschema import Draft202012Validator
from mcp import Client, MCPError

HINTS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
INVALID_PARAMS = -32602


class Finding(Exception):
    """What a check found to be wrong."""


def need(truth: object, message: str) -> None:
    if not truth:
        raise Finding(message)


class Session:
    """A connected client, the plan, and where the rows go."""

    def __init__(self, client: Client, plan: dict[str, Any], row: Callable[[str, str], None]) -> None:
        self.client, self.plan, self.row = client, plan, row
        self.kept: dict[str, str] = {}

    async def drive(self) -> None:
        tools = (await self.client.list_tools()).tools
        await self.attempt("tools/list", self.check_tools(tools))
        by_name = {t.name: t for t in tools}
        for i, call in enumerate(self.plan["calls"], 1):
            await self.attempt(f"{i} {call['tool']} {json.dumps(call['arguments'])}", self.call(by_name, call))
        await self.attempt("unknown tool is refused", self.unknown_tool())
        await self.prompts()
        await self.resources()

    async def attempt(self, name: str, check: Awaitable[None]) -> None:
        try:
            await check
            self.row("pass", name)
        except Exception as error:  # every failure is a row; the next check goes on
            self.row("fail", f"{name}: " + " ".join(f"{type(error).__name__} {error}".split())[:200])

    async def check_tools(self, tools: list[Any]) -> None:
        same_names([t.name for t in tools], [c["tool"] for c in self.plan["calls"]])
        for t in tools:
            need(t.title and t.description, f"{t.name} has no title or description")
            need(t.input_schema.get("type") == "object", f"{t.name} lacks an input schema")
            need((t.output_schema or {}).get("type") == "object", f"{t.name} lacks an output schema")
            for hint in HINTS:
                need(isinstance(getattr(t.annotations, hint), bool), f"{t.name} leaves {hint} open")

    async def call(self, tools: dict[str, Any], call: dict[str, Any]) -> None:
        # Asking for progress makes the answer a stream of events.
        progress = ignore if call.get("progress") else None
        answer = await self.client.call_tool(call["tool"], self.fill(call["arguments"]), progress_callback=progress)
        need(len(answer.content) == 1 and answer.content[0].type == "text", "not exactly one text block")
        words = answer.content[0].text
        if call.get("error"):
            need(answer.is_error, "was not an error")
            need(words and answer.structured_content is None, "the error has no words, or a structured answer")
            return
        need(not answer.is_error, f"failed: {words}")
        Draft202012Validator(tools[call["tool"]].output_schema).validate(answer.structured_content)
        need(json.loads(words) == answer.structured_content, "text and structuredContent differ")
        for name, pointer in call.get("keep", {}).items():
            self.kept[name] = at(answer.structured_content, pointer)
        if "id" in self.kept:
            self.kept["key"] = self.kept["id"].split("/")[1]

    async def unknown_tool(self) -> None:
        try:
            answer = await self.client.call_tool("no_such_tool", {})
        except MCPError as error:
            need(error.code == INVALID_PARAMS, f"refused with code {error.code}")
        else:
            raise Finding(f"answered {answer}")

    async def prompts(self) -> None:
        names = [p.name for p in (await self.client.list_prompts()).prompts]

        async def listed() -> None:
            same_names(names, list(self.plan["prompts"]))

        async def got(name: str, arguments: dict[str, str]) -> None:
            messages = (await self.client.get_prompt(name, self.fill(arguments))).messages
            need(messages and messages[0].content.text, "the prompt is empty")

        await self.attempt("prompts/list", listed())
        for name, arguments in self.plan["prompts"].items():
            await self.attempt(f"prompts/get {name}", got(name, arguments))

    async def resources(self) -> None:
        async def listed() -> None:
            await self.client.list_resources()

        async def templates() -> None:
            need((await self.client.list_resource_templates()).resource_templates, "there is no template")

        async def read(template: str) -> None:
            contents = (await self.client.read_resource(self.fill(template))).contents
            need(contents and (getattr(contents[0], "text", "") or getattr(contents[0], "blob", "")), "the resource is empty")

        await self.attempt("resources/list", listed())
        await self.attempt("resources/templates/list", templates())
        for template in self.plan["resources"]:
            await self.attempt(f"resources/read {template}", read(template))

    def fill(self, value: Any) -> Any:
        """Puts what earlier answers gave in place of "$name"."""
        if isinstance(value, str):
            return re.sub(r"\$([a-z]+)", lambda m: self.given(m[1]), value)
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        if isinstance(value, dict):
            return {k: self.fill(v) for k, v in value.items()}
        return value

    def given(self, name: str) -> str:
        need(name in self.kept, f"no earlier answer gave {name}")
        return self.kept[name]


async def ignore(progress: float, total: float | None, message: str | None) -> None:
    """Takes progress and does nothing with it."""


def at(value: Any, pointer: str) -> str:
    """Follows a JSON pointer (RFC 6901, without its escapes)."""
    try:
        for step in pointer.split("/")[1:]:
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (LookupError, TypeError, ValueError):
        value = None
    need(value, f"the answer has nothing at {pointer}")
    return value


def same_names(got: list[str], want: list[str]) -> None:
    need(set(got) == set(want), f"the server has {sorted(set(got))}; the plan has {sorted(set(want))}")
