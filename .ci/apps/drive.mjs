// Shows every view in Chromium with the official host side of MCP Apps: answers of
// a running server and answers full of hostile text; on a phone and a desktop, light
// and dark. And reads the skills with the official client. Writes screenshots to FOLDER,
// unless it is empty.
//
//   node drive.mjs MCP-URL HOST.js FOLDER CHROMIUM
import { readFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { chromium } from "playwright-core";
import { attempt, need } from "./rows.mjs";
import { hostile } from "./hostile.mjs";

const [url, hostFile, folder, executablePath] = process.argv.slice(2);
const hostScript = readFileSync(hostFile, "utf8");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (folder) mkdirSync(folder, { recursive: true });

const connect = async (extensions) => {
  const client = new Client({ name: "stackroom-ci-apps", version: "1" }, { capabilities: { extensions }, versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
};
const client = await connect({ "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } });

await attempt("skills: the official client lists them and verifies each text", async () => {
  const skills = new SkillsClient(client);
  const { skills: all } = await skills.list();
  need(all.length === 5, `${all.length} skills`);
  for (const skill of all) {
    const got = await skills.get(skill.uri);
    need(got.skill.frontmatter.name === skill.frontmatter.name, "skills/get differs");
    const file = await skills.read(skill, "SKILL.md");
    need(file.verified && file.frontmatter.description === skill.frontmatter.description, `${skill.uri} is not verified`);
  }
});

const views = {};
await attempt("views: named to a client that shows them, and to no other", async () => {
  const { tools } = await client.listTools();
  for (const t of tools) if (t._meta?.ui) views[t.name] = (await client.readResource({ uri: t._meta.ui.resourceUri })).contents[0];
  for (const name of ["search", "fetch", "read_text", "cite", "find_duplicates"]) need(views[name], `${name} has no view`);
  views.update_items ??= (await client.readResource({ uri: "ui://stackroom/changes.html" })).contents[0];
  const plain = await connect({});
  need(!JSON.stringify(await plain.listTools()).includes("ui://"), "another client is listed views");
  await plain.close();
});

// The page of the host has its own origin, as a real one has.
const server = createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Host</title><link rel="icon" href="data:,"><style>body{margin:0}iframe{border:0;width:100%;height:200px}</style><body><script>${hostScript}</script>`);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const page = `http://127.0.0.1:${server.address().port}/`;

const screens = {
  "phone-light": { viewport: { width: 375, height: 740 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 900, height: 700 }, colorScheme: "dark" },
  "phone-dark": { viewport: { width: 375, height: 740 }, colorScheme: "dark" },
  "desktop-light": { viewport: { width: 900, height: 700 }, colorScheme: "light" },
};
const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
// call answers the tools that a view calls; a test may replace it.
const forward = (name, args) => client.callTool({ name, arguments: args });
let call = forward;

for (const [screen, options] of Object.entries(screens)) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const problems = [];
  tab.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") problems.push(m.text()); });
  tab.on("pageerror", (e) => problems.push(String(e)));
  tab.on("dialog", (d) => { problems.push("a dialog"); d.dismiss(); });
  tab.on("request", (r) => { if (r.url() !== page && !r.url().startsWith("data:") && !r.url().startsWith("about:")) problems.push(`a request to ${r.url()}`); });
  await tab.exposeFunction("callTool", async (name, args) => JSON.stringify(await call(name, JSON.parse(args))));
  await tab.goto(page);

  // show shows a tool's view and returns its frame.
  const show = async (tool, input, result, capabilities) => {
    const theme = options.colorScheme;
    await tab.evaluate((x) => window.show(x), { html: views[tool].text, input, result, context: { theme, displayMode: "inline", locale: "en" }, capabilities });
    const frame = await (await tab.waitForSelector("iframe")).contentFrame();
    await frame.waitForFunction(() => !document.body.innerText.includes("Waiting for the answer"));
    return frame;
  };
  const seen = () => tab.evaluate(() => window.seen);
  const until = async (truth, message) => {
    for (let i = 0; i < 100; i++) {
      if (truth(await seen())) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${message}: ${JSON.stringify(await seen()).slice(0, 300)}`);
  };
  const photograph = async (name) => {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the frame takes its new size
    await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))); // and is painted
    if (folder) await tab.locator("iframe").screenshot({ path: `${folder}/${name}-${screen}.png` });
  };
  const clean = async (frame, name) => {
    const result = await frame.evaluate(`${axe}; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"], rules: { "landmark-one-main": { enabled: true } } }).then((r) => r.violations.map((v) => v.id + " " + v.nodes[0].html))`);
    need(result.length === 0, `axe: ${result.join("; ").slice(0, 300)}`);
    need(problems.length === 0, `${name}: ${problems.splice(0).join("; ").slice(0, 300)}`);
    const width = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    need(width[0] <= width[1], `the view is ${width[0]} wide in ${width[1]}`);
  };
  const live = (tool, input) => client.callTool({ name: tool, arguments: input });

  await attempt(`${screen}: results, picked and cited`, async () => {
    const input = { query: "genetics OR heredity OR DNA", limit: 3 };
    const frame = await show("search", input, await live("search", input));
    need(await frame.locator("li.pick").count() === 3, "three works are not shown");
    need(await frame.getByRole("button", { name: "Cite these" }).isDisabled(), "nothing is picked, and can be cited");
    await frame.getByRole("checkbox").nth(0).check();
    await frame.getByRole("checkbox").nth(1).check();
    await photograph("results");
    await frame.getByRole("button", { name: "Cite these" }).click();
    await until((s) => /^Cite these works: local\/\w+, local\/\w+$/.test(s.messages[0] ?? ""), "no message");
    await until((s) => s.contexts.some((c) => c.includes("picked these works")), "the assistant is not told");
    await frame.getByRole("button", { name: "More" }).click();
    await frame.waitForFunction(() => document.querySelectorAll("li.pick").length > 3);
    need(await frame.getByRole("checkbox").nth(0).isChecked(), "what was picked is lost");
    await clean(frame, "results");
  });
  await attempt(`${screen}: results, cited in the view where the host takes no message`, async () => {
    const input = { query: "light", limit: 2 };
    const frame = await show("search", input, await live("search", input), { serverTools: {} });
    await frame.getByRole("checkbox").nth(0).check();
    await frame.getByRole("button", { name: "Cite these" }).click();
    await frame.getByText(/^Citations \(/).waitFor();
    await clean(frame, "results");
  });
  await attempt(`${screen}: a work, its passages and a question`, async () => {
    const id = (await live("search", { query: "in:text nature", limit: 1 })).structuredContent.results[0].id;
    const frame = await show("fetch", { id }, await live("fetch", { id }));
    await frame.getByRole("heading", { level: 1 }).waitFor();
    await frame.getByRole("textbox").fill("attraction of bodies");
    await frame.getByRole("textbox").press("Enter");
    await until((s) => s.calls.some((c) => c.name === "read_text" && c.args.question === "attraction of bodies"), "the tool is not called");
    await frame.locator("[aria-live] blockquote").first().waitFor();
    await photograph("work");
    await clean(frame, "work");
    const text = await show("read_text", { id, question: "structure" }, await live("read_text", { id, question: "structure" }));
    await clean(text, "passages");
  });
  await attempt(`${screen}: a bibliography in another style`, async () => {
    const ids = (await live("search", { query: "", limit: 3 })).structuredContent.results.map((r) => r.id);
    const frame = await show("cite", { ids }, await live("cite", { ids }));
    const before = await frame.locator("#text").innerText();
    await frame.getByLabel("Style").selectOption("ieee");
    await frame.waitForFunction((b) => document.getElementById("text").innerText !== b, before);
    need((await frame.locator("#text").innerText()).includes("[1]"), "not in IEEE's form");
    need(await frame.getByLabel("Style").inputValue() === "ieee", "the choice is lost");
    await frame.getByRole("button", { name: "Copy" }).click();
    await frame.getByText(/^(Copied|Selected)/).waitFor();
    await photograph("bibliography");
    problems.splice(0, problems.length, ...problems.filter((p) => !/[Cc]lipboard/.test(p)));
    await clean(frame, "bibliography");
  });
  const applied = async () => {
    const frame = await show("update_items", {}, hostile.planned);
    await photograph("changes");
    await clean(frame, "changes");
    await frame.getByRole("button", { name: "Apply all 2 changes" }).click();
    await frame.getByText("Done. Changes: 2.").waitFor();
    need(await frame.getByRole("button", { name: /^Apply/ }).count() === 0, "a plan can be applied twice");
    await frame.getByRole("button", { name: "Take it back" }).click();
    await frame.getByText("Taken back").waitFor();
    await until((s) => s.contexts.length === 2 && s.contexts[0].includes("receipt-1"), "the assistant is not told");
  };
  await attempt(`${screen}: a plan is applied and taken back`, async () => {
    call = async (name, args) => {
      need(name === "apply_changes" ? args.plan === "plan-token" : args.receipt === "receipt-1", `${name} is called with ${JSON.stringify(args)}`);
      return name === "apply_changes" ? hostile.done : hostile.undone;
    };
    try {
      await applied();
    } finally {
      call = forward;
    }
  });
  await attempt(`${screen}: duplicates, merged into the one picked`, async () => {
    const frame = await show("find_duplicates", {}, hostile.find_duplicates);
    await frame.getByRole("radio").nth(1).check();
    await photograph("duplicates");
    await clean(frame, "duplicates");
    await frame.getByRole("button", { name: "Merge into the one picked" }).click();
    await until((s) => s.messages[0]?.endsWith("Merge them into local/BBBB2222, and show me the plan first: local/AAAA1111"), "no message");
  });
  for (const tool of ["search", "fetch", "read_text", "cite", "find_duplicates", "planned"]) {
    await attempt(`${screen}: hostile text of ${tool} is text`, async () => {
      const frame = await show(tool === "planned" ? "update_items" : tool, {}, hostile[tool]);
      const found = await frame.evaluate(() => ({
        scripts: document.scripts.length, made: document.querySelectorAll("img, iframe, object, embed, svg, form, a, b, style + style").length,
        text: document.body.innerText, handlers: [...document.querySelectorAll("*")].some((e) => [...e.attributes].some((a) => a.name.startsWith("on"))),
      }));
      need(found.scripts === 1 && found.made === 0 && !found.handlers, `elements were made: ${JSON.stringify(found).slice(0, 200)}`);
      need(found.text.includes("<img src=x onerror=alert(1)>"), "the text is not shown as it is");
      await clean(frame, tool);
      await tab.evaluate(() => window.teardown());
    });
  }
  await attempt(`${screen}: a failed call and a host that can do nothing`, async () => {
    let frame = await show("search", {}, { isError: true, content: [{ type: "text", text: "the library is <b>down</b>" }] });
    need((await frame.getByRole("alert").innerText()) === "the library is <b>down</b>", "the error is not shown");
    for (const tool of ["search", "fetch", "cite", "find_duplicates", "planned"]) {
      frame = await show(tool === "planned" ? "update_items" : tool, {}, hostile[tool], {});
      need(await frame.getByRole("button").filter({ hasNotText: /Copy/ }).count() === 0, `${tool} has a button that does nothing`);
    }
    await clean(frame, "no capabilities");
  });
  for (const path of ["/privacy", "/support"]) {
    await attempt(`${screen}: the page ${path}`, async () => {
      const about = await context.newPage();
      about.on("console", (m) => problems.push(m.text()));
      await about.goto(new URL(path, url).href);
      const found = await about.evaluate(`${axe}; axe.run().then((r) => r.violations.map((v) => v.id + " " + v.nodes[0].html))`);
      need(found.length === 0 && problems.length === 0, `axe: ${found.join("; ").slice(0, 300)} ${problems.splice(0).join("; ")}`);
      need(await about.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is too wide");
      if (folder) await about.screenshot({ path: `${folder}${path}-${screen}.png` });
      await about.close();
    });
  }
  await context.close();
}
await browser.close();
server.close();
await client.close();
