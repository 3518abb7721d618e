// Opens every page of a server without sign-in in Chromium: phone and desktop, light
// and dark, with scripts and without. Checks accessibility with axe-core, what
// Lighthouse would (title, language, viewport, description, sizes of targets, errors,
// caching), the policy, sizes, requests to other hosts, what library text becomes, and
// the time to the first paint. Changes a work and takes that back. Writes screenshots to
// a folder.
//
//   node browser.mjs URL FOLDER CHROMIUM
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { attempt, need } from "./rows.mjs";

const [base, folder, executablePath] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const maxBytes = 60_000;
const maxPaint = 2; // as a multiple of an empty page's

const screens = {
  "phone-light": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "light" },
  "phone-dark": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" },
  "desktop-light": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};

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
  missing: "/nowhere",
  missingWork: "/works/local/ZZZZ2222",
};
const refused = { wrong: 422, missing: 404, missingWork: 404 };

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
for (const [name, screen] of Object.entries(screens)) {
  const context = await browser.newContext(screen);
  for (const [path, address] of Object.entries(pages)) {
    await attempt(`${name}: ${path}`, () => visit(context, name, path, address));
  }
  await context.close();
}

await attempt("a planted fault of accessibility is found", finds);
await attempt("icons are cached, and pages are not", caching);
for (const [path, address] of Object.entries(pages)) {
  await attempt(`policy, only reported: ${path}`, () => reportsNothing(address));
}
for (const [name, screen] of Object.entries(screens)) {
  await attempt(`${name}: take a receipt back`, () => takesBack(name, screen));
}
const plain = await browser.newContext({ javaScriptEnabled: false });
await attempt("without scripts: search, open a work, read its text, cite it in another style", () => walk(plain));
await plain.close();
const keyboard = await browser.newContext();
await attempt("by keyboard: search and open a work", () => byKeyboard(keyboard));
await keyboard.close();
await attempt(`the search page paints within ${maxPaint} times an empty page`, paints);
await browser.close();

// visit opens a page and checks it.
async function visit(context, screen, name, address) {
  const page = await context.newPage();
  const complaints = [];
  const elsewhere = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => (complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => new URL(request.url()).origin !== base && elsewhere.push(request.url()));
  const response = await page.goto(base + address);
  const status = refused[name] ?? 200;
  need(response.status() === status, `status ${response.status()}`);
  const size = (await response.body()).length;
  need(size < maxBytes, `${size} bytes`);
  const content = await page.evaluate(() => ({
    titles: document.querySelectorAll("h1").length,
    lang: document.documentElement.lang,
    title: document.title,
    viewport: document.querySelector("meta[name=viewport]")?.content ?? "",
    description: document.querySelector("meta[name=description]")?.content ?? "",
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    foreign: document.querySelectorAll("main script, main img, main iframe, main object, main [onerror], main [style]").length,
  }));
  need(content.titles === 1 && content.lang === "en" && content.wide <= 0 && content.foreign === 0, JSON.stringify(content));
  need(content.title.endsWith("Stackroom") && content.viewport.includes("width=device-width") && content.description.length > 20, JSON.stringify(content));
  for (const summary of await page.locator("summary").all()) await summary.click();
  const small = await page.evaluate(() => [...document.querySelectorAll("button, summary, input:not([type=hidden]), select, nav a, .chips a, .button")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80)));
  need(small.length === 0, `targets below 24 px: ${small}`);
  await page.screenshot({ path: `${folder}/${screen}-${name}.png`, fullPage: name !== "connect" });
  need(elsewhere.length === 0, `requests to ${elsewhere}`);
  // Chromium itself reports every page whose status is an error.
  const reported = complaints.filter((text) => !text.includes(`the server responded with a status of ${status}`));
  need(reported.length === 0, reported.join("; "));
  await page.close();
  await accessible(screens[screen], address);
}

// accessible checks a page with axe-core, which the page's policy would refuse.
async function accessible(screen, address) {
  const page = await browser.newPage({ ...screen, bypassCSP: true });
  await page.goto(base + address);
  for (const summary of await page.locator("summary").all()) await summary.click();
  await audit(page);
}

// audit runs axe-core on an open page, and closes it.
async function audit(page) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3)}`);
  need(found.length === 0, found.join("; "));
  await page.close();
}

// finds holds that the checks above fail where they should: each fault is planted alone.
async function finds() {
  for (const [rule, fault] of Object.entries({
    "image-alt": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "color-contrast": "<p style='color:#777;background:#888'>Hard to read</p>",
    label: "<input type='text'>",
    "link-name": "<a href='/search'></a>",
    "target-size": "<div style='display:flex'><a href='/a' style='font-size:4px'>a</a><a href='/b' style='font-size:4px'>b</a></div>",
  })) {
    const page = await browser.newPage({ ...screens["desktop-light"], bypassCSP: true });
    await page.goto(base + pages.search);
    await page.evaluate((html) => document.querySelector("main").insertAdjacentHTML("beforeend", html), fault);
    const found = await audit(page).then(() => "nothing", (error) => error.message);
    await page.close();
    need(found.includes(`${rule}: `), `${rule}: found ${found}`);
  }
}

// caching holds that files which never change are kept, and pages are not.
async function caching() {
  for (const [address, want] of [["/favicon.svg", "max-age"], ["/changes", "no-store"], ["/search", "no-store"]]) {
    const got = (await fetch(base + address)).headers.get("cache-control") ?? "";
    need(got.includes(want), `${address}: ${got}`);
  }
}

// reportsNothing opens a page whose policy is only reported.
async function reportsNothing(address) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.reported = [];
    addEventListener("securitypolicyviolation", (e) => window.reported.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  let reporting = false;
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    if (headers["content-security-policy"]) {
      headers["content-security-policy-report-only"] = headers["content-security-policy"];
      delete headers["content-security-policy"];
      reporting = true;
    }
    await route.fulfill({ response, headers });
  });
  await page.goto(base + address);
  for (const summary of await page.locator("summary").all()) await summary.click();
  // Reports come later, in order: the one that is planted comes last.
  await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<p style='color:red'>Planted</p>"));
  await page.waitForFunction(() => window.reported.some((r) => r.startsWith("style-src")), undefined, { timeout: 10_000 });
  const reported = await page.evaluate(() => window.reported);
  need(reporting && reported.length === 1, `policy: ${reporting}, reported: ${reported}`);
  await page.close();
}

// takesBack takes a change back with the buttons of the pages.
async function takesBack(name, screen) {
  const before = (await call("fetch", { id: readable })).metadata.extra ?? "";
  await change(readable, { extra: `Changed for ${name}` });
  const page = await browser.newPage(screen);
  await page.goto(`${base}/changes`);
  await page.locator("#receipts ~ .results button").first().click();
  need((await page.locator("h1").innerText()).startsWith("Take back"), await page.locator("main").innerText());
  await page.screenshot({ path: `${folder}/${name}-plan.png`, fullPage: true });
  need((await call("fetch", { id: readable })).metadata.extra === `Changed for ${name}`, "changed before it was confirmed");
  await page.locator("form button", { hasText: "Undo these changes" }).click();
  need((await page.locator("h1").innerText()) === "Undone", await page.locator("main").innerText());
  await page.screenshot({ path: `${folder}/${name}-undone.png`, fullPage: true });
  need(((await call("fetch", { id: readable })).metadata.extra ?? "") === before, "not taken back");
  await page.close();
  await auditForms(screen);
}

// auditForms checks the page of a plan, which a form alone opens, with axe-core.
async function auditForms(screen) {
  const page = await browser.newPage({ ...screen, bypassCSP: true });
  await page.goto(`${base}/changes?show=receipts`);
  await page.locator("#receipts ~ .results button").first().click();
  await audit(page);
}

// walk does what a member does, by links and forms alone.
async function walk(context) {
  const page = await context.newPage();
  await page.goto(base);
  await page.locator("#q").fill("information retrieval");
  await page.locator("form[role=search] button").first().click();
  await page.locator(".results a").first().click();
  need(page.url().includes("/works/"), page.url());
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
// as the median of several visits in turn.
async function paints() {
  const empty = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><html lang=en><title>Empty</title><link rel=icon href=data:,><p>Empty");
  });
  await new Promise((resolve) => empty.listen(0, "127.0.0.1", resolve));
  const addresses = [`http://127.0.0.1:${empty.address().port}/`, base + pages.search];
  const times = [[], []];
  for (let i = 0; i < 15; i++) {
    for (const [at, address] of addresses.entries()) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(address);
      times[at].push(await page.evaluate(() => new Promise((resolve) => {
        const seen = (list) => list.filter((e) => e.name === "first-contentful-paint").forEach((e) => resolve(e.startTime));
        seen(performance.getEntriesByType("paint"));
        new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: "paint", buffered: true });
      })));
      await context.close();
    }
  }
  empty.close();
  const [nothing, search] = times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1]);
  console.error(`first paint: search ${search.toFixed(1)} ms, empty page ${nothing.toFixed(1)} ms`);
  need(search <= maxPaint * nothing, `${search.toFixed(1)} ms against ${nothing.toFixed(1)} ms`);
}
