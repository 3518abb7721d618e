// Opens every page of a server without sign-in in Chromium: phone and desktop, light
// and dark, with scripts and without. Runs the checks of checks.mjs, the policy in
// report-only mode, Lighthouse, and compares the time to the first paint with an empty page's.
// Changes a work and takes that back. Writes screenshots to a folder, if there is one.
//
//   node browser.mjs URL CHROMIUM [FOLDER]
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { audit, reporting, reportsNothing, screens, seen, together, visit } from "./checks.mjs";
import { rates } from "./lighthouse.mjs";
import { attempt, need } from "./rows.mjs";

const [base, executablePath, folder] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });

const maxPaint = 2; // as a multiple of an empty page's

// call runs a tool.
async function call(tool, body) {
  const response = await fetch(`${base}/tools/${tool}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${tool}: ${JSON.stringify(answer)}`);
  return answer;
}

const first = async (query) => (await call("search", { query, limit: 1 })).results[0]?.id;
const hostile = await first("hostilemark");
const readable = (await first("opticks light in:fulltext")) ?? hostile;

// change gives a work other fields, and returns the receipt.
async function change(id, fields) {
  const { plan } = await call("update_items", { ids: [id], fields });
  return (await call("apply_changes", { plan })).receipt;
}

const receipt = await change(hostile, { title: "hostilemark '><script>alert(10)</script>", place: "Nowhere" });
await change(readable, { extra: "Read twice" });

const pages = {
  front: "/",
  search: "/search?q=information+retrieval",
  filtered: "/search?q=&type=journalArticle&from=1960",
  withText: "/search?q=&type=book&text=yes",
  nothing: "/search?q=xyzzyplugh",
  wrong: "/search?q=a&from=soon",
  work: `/works/${readable}?q=colours+of+light`,
  text: `/works/${readable}?page=2`,
  hostile: `/works/${hostile}`,
  hostileSearch: "/search?q=hostilemark",
  collections: "/collections",
  tags: "/tags",
  libraries: "/libraries",
  changes: "/changes",
  receipts: "/changes?show=receipts&since=7d",
  receipt: `/changes/${receipt}`,
  activity: "/activity",
  activityFailed: "/activity?outcome=failed",
  connect: "/connect",
  mcp: "/mcp",
  tools: "/tools",
  privacy: "/privacy",
  support: "/support",
  missing: "/nowhere",
  missingWork: "/works/local/ZZZZ2222",
};
const refused = { wrong: 422, missing: 404, missingWork: 404 };

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const contexts = {};
for (const [screen, options] of Object.entries(screens)) contexts[screen] = await browser.newContext(options);
const reported = await reporting(browser);
await together(Object.entries(pages).flatMap(([name, address]) => [
  ...Object.entries(contexts).map(([screen, context]) => () =>
    attempt(`${screen}: ${name}`, () => visit(context, screen, name, base + address, { status: refused[name], folder }))),
  () => attempt(`policy, only reported: ${name}`, () => reportsNothing(reported, base + address, refused[name])),
]));
await reported.close();
await attempt("a planted fault of accessibility is found", finds);
await attempt("icons are cached, and pages are not", caching);
for (const [screen, context] of Object.entries(contexts)) {
  await attempt(`${screen}: take a receipt back`, () => takesBack(screen, context));
  await context.close();
}
const plain = await browser.newContext({ javaScriptEnabled: false });
await attempt("without scripts: search, open a work, read its text, cite it in another style", () => walk(plain));
await plain.close();
const keyboard = await browser.newContext();
await attempt("by keyboard: search and open a work", () => byKeyboard(keyboard));
await keyboard.close();
await attempt("Lighthouse finds the search page accessible, sound and quick", () => rates(base + pages.search, executablePath));
await attempt(`the search page paints within ${maxPaint} times an empty page`, paints);
await browser.close();

// finds holds that the checks of accessibility fail where they should: each fault is
// planted alone, in a page whose policy does not forbid its style.
async function finds() {
  const context = await browser.newContext({ ...screens.desktop, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(base + pages.search);
  for (const [rule, fault] of Object.entries({
    "image-alt": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "color-contrast": "<p style='color:#777;background:#888'>Hard to read</p>",
    label: "<input type='text'>",
    "link-name": "<a href='/search'></a>",
    "target-size": "<div style='display:flex'><a href='/a' style='font-size:4px'>a</a><a href='/b' style='font-size:4px'>b</a></div>",
  })) {
    await page.evaluate((html) => document.querySelector("main").insertAdjacentHTML("beforeend", html), fault);
    const found = await audit(page).then(() => "nothing", (error) => error.message);
    need(found.startsWith(`${rule}: `) && !found.includes("; "), `${rule}: found ${found}`);
    await page.evaluate(() => document.querySelector("main").lastElementChild.remove());
  }
  await context.close();
}

// caching holds that files which never change are kept, and pages are not.
async function caching() {
  for (const [address, want] of [["/favicon.svg", "max-age"], ["/changes", "no-store"], ["/search", "no-store"]]) {
    const got = (await fetch(base + address)).headers.get("cache-control") ?? "";
    need(got.includes(want), `${address}: ${got}`);
  }
}

// takesBack takes a change back with the buttons of the pages.
async function takesBack(screen, context) {
  const before = (await call("fetch", { id: readable })).metadata.extra ?? "";
  await change(readable, { extra: `Changed for ${screen}` });
  const page = await context.newPage();
  await page.goto(`${base}/changes`);
  await page.locator("#receipts ~ .results button").first().click();
  need((await page.locator("h1").innerText()).startsWith("Take back"), await page.locator("main").innerText());
  await seen(page, screen, "plan", folder);
  need((await call("fetch", { id: readable })).metadata.extra === `Changed for ${screen}`, "changed before it was confirmed");
  await page.locator("form button", { hasText: "Undo these changes" }).click();
  need((await page.locator("h1").innerText()) === "Undone", await page.locator("main").innerText());
  await seen(page, screen, "undone", folder);
  need(((await call("fetch", { id: readable })).metadata.extra ?? "") === before, "not taken back");
  await page.close();
}

// walk does what a member does, by links and forms alone.
async function walk(context) {
  const page = await context.newPage();
  await page.goto(base);
  await page.locator("#q").fill("information retrieval");
  await page.locator("form[role=search] button").first().click();
  await page.locator(".results a").first().click();
  need(page.url().includes("/works/"), page.url());
  await page.goto(`${base}/search?type=book`);
  const books = await page.locator("[role=status]").innerText();
  await page.locator("input[name=text]").check();
  await page.locator("form[role=search] details button").click();
  need(page.url().includes("text=yes") && (await page.locator("input[name=text]").isChecked()), page.url());
  const readableBooks = await page.locator("[role=status]").innerText();
  need(parseInt(readableBooks) > 0 && parseInt(readableBooks) < parseInt(books), `${books} ${readableBooks}`);
  await page.goto(`${base}/works/${readable}?q=colours+of+light`);
  need((await page.locator("#passages ~ blockquote").count()) > 0, "no passage");
  await page.goto(`${base}/works/${readable}?page=1`);
  need((await page.locator("#text .text").innerText()).length > 100, "no text");
  await page.locator("#style").selectOption("ieee");
  await page.locator("#cite button").click();
  need((await page.locator("#cite pre").innerText()).includes("[1]"), await page.locator("#cite").innerText());
  await page.close();
}

// byKeyboard searches and opens a work without a pointer.
async function byKeyboard(context) {
  const page = await context.newPage();
  await page.goto(base);
  await page.locator("#q").focus();
  await page.keyboard.type("information retrieval");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=information/);
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches(".results a"))) {
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/works\//);
      await page.close();
      return;
    }
  }
  throw new Error("no result has the focus after 60 steps");
}

// paints compares the time to the first contentful paint with that of an empty page,
// as the median of several visits in turn. They are visits of one window: while a new
// one opens, the browser's own pages in it take the processor.
async function paints() {
  const empty = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><html lang=en><title>Empty</title><link rel=icon href=data:,><p>Empty");
  });
  await new Promise((resolve) => empty.listen(0, "127.0.0.1", resolve));
  const addresses = [`http://127.0.0.1:${empty.address().port}/`, base + pages.search];
  const times = [[], []];
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.waitForTimeout(1000);
  for (let i = 0; i < 31; i++) {
    for (const [at, address] of addresses.entries()) {
      await page.goto("about:blank");
      await page.waitForTimeout(150);
      await page.goto(address);
      times[at].push(await page.evaluate(() => new Promise((resolve) => {
        const seen = (list) => list.filter((e) => e.name === "first-contentful-paint").forEach((e) => resolve(e.startTime));
        seen(performance.getEntriesByType("paint"));
        new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: "paint", buffered: true });
      })));
    }
  }
  await context.close();
  empty.close();
  const [nothing, search] = times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1]);
  console.error(`first paint: search ${search.toFixed(1)} ms, empty page ${nothing.toFixed(1)} ms`);
  need(search <= maxPaint * nothing, `${search.toFixed(1)} ms against ${nothing.toFixed(1)} ms`);
}
