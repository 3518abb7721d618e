// One client session after the plan of calls.json: every tool, prompt and
// resource, each answer held against the schema that the tool itself gave.
import { isDeepStrictEqual } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

export async function drive(client, callTool, plan, row) {
  // attempt runs one check; what it throws is why the check failed.
  const attempt = async (name, check) => {
    try {
      await check();
      row("pass", name);
    } catch (error) {
      row("fail", `${name}: ${String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 200)}`);
    }
  };

  const { tools } = await client.listTools();
  await attempt("tools/list", () => checkTools(tools, plan));
  const kept = {};
  for (const [i, call] of plan.calls.entries()) {
    await attempt(`${i + 1} ${call.tool} ${JSON.stringify(call.arguments)}`, async () => {
      const tool = tools.find((t) => t.name === call.tool);
      const given = fill(call.arguments, kept);
      // Asking for progress makes the answer a stream of events.
      const options = call.progress ? { onprogress: () => {} } : {};
      const answer = await callTool({ name: call.tool, arguments: given }, options);
      checkAnswer(tool, call, answer);
      for (const [name, pointer] of Object.entries(call.keep ?? {})) kept[name] = at(answer.structuredContent, pointer);
      if (kept.id) kept.key = kept.id.split("/")[1];
    });
  }
  await attempt("unknown tool is refused", async () => {
    const answer = await callTool({ name: "no_such_tool", arguments: {} }).catch((error) => error);
    need(answer instanceof Error && answer.code === -32602, `answered ${JSON.stringify(answer)}`);
  });
  await drivePrompts(client, plan, kept, attempt);
  await driveResources(client, plan, kept, attempt);
}

async function drivePrompts(client, plan, kept, attempt) {
  const { prompts } = await client.listPrompts();
  await attempt("prompts/list", () => sameNames(prompts.map((p) => p.name), Object.keys(plan.prompts)));
  for (const [name, given] of Object.entries(plan.prompts)) {
    await attempt(`prompts/get ${name}`, async () => {
      const { messages } = await client.getPrompt({ name, arguments: fill(given, kept) });
      need(messages.length > 0 && messages[0].content.text.length > 0, "the prompt is empty");
    });
  }
}

async function driveResources(client, plan, kept, attempt) {
  await attempt("resources/list", () => client.listResources());
  await attempt("resources/templates/list", async () => {
    const { resourceTemplates } = await client.listResourceTemplates();
    need(resourceTemplates.length > 0, "there is no template");
  });
  for (const template of plan.resources) {
    await attempt(`resources/read ${template}`, async () => {
      const { contents } = await client.readResource({ uri: fill(template, kept) });
      need(contents.length > 0 && (contents[0].text ?? contents[0].blob).length > 0, "the resource is empty");
    });
  }
}

// checkTools holds the list against the plan, so that no tool goes uncalled,
// and each tool against what clients and directories ask of every tool.
function checkTools(tools, plan) {
  sameNames(tools.map((t) => t.name), plan.calls.map((c) => c.tool));
  for (const t of tools) {
    need(t.title && t.description, `${t.name} has no title or description`);
    need(t.inputSchema?.type === "object" && t.outputSchema?.type === "object", `${t.name} lacks a schema`);
    for (const hint of HINTS) need(typeof t.annotations?.[hint] === "boolean", `${t.name} leaves ${hint} open`);
  }
}

function checkAnswer(tool, call, answer) {
  const [block] = answer.content;
  need(answer.content.length === 1 && block.type === "text", "not exactly one text block");
  if (call.error) {
    need(answer.isError === true, "was not an error");
    need(block.text.length > 0 && !answer.structuredContent, "the error has no words, or a structured answer");
    return;
  }
  need(!answer.isError, `failed: ${block.text}`);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(tool.outputSchema);
  need(validate(answer.structuredContent), `breaks its schema: ${ajv.errorsText(validate.errors)}`);
  need(isDeepStrictEqual(JSON.parse(block.text), answer.structuredContent), "text and structuredContent differ");
}

// fill puts what earlier answers gave in place of "$name".
function fill(value, kept) {
  if (typeof value === "string") {
    return value.replace(/\$([a-z]+)/g, (_, name) => {
      need(name in kept, `no earlier answer gave ${name}`);
      return kept[name];
    });
  }
  if (Array.isArray(value)) return value.map((v) => fill(v, kept));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fill(v, kept)]));
  }
  return value;
}

// at follows a JSON pointer (RFC 6901, without its escapes).
function at(value, pointer) {
  const found = pointer.split("/").slice(1).reduce((v, step) => v?.[step], value);
  need(found !== undefined && found !== "", `the answer has nothing at ${pointer}`);
  return found;
}

function sameNames(got, want) {
  const list = (names) => [...new Set(names)].sort().join(", ");
  need(list(got) === list(want), `the server has ${list(got)}; the plan has ${list(want)}`);
}

function need(truth, message) {
  if (!truth) throw new Error(message);
}
