// Opens every page of a server without sign-in in Chromium: phone and desktop, light
// and dark, with scripts and without. Checks accessibility with axe-core, sizes,
// requests to other hosts, what library text becomes, and the time to the first
// paint. Writes screenshots to a folder.
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

const answer = await fetch(`${base}/tools/search`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: "hostilemark", limit: 1 }) });
const hostile = (await answer.json()).results[0].id;
const found = await (await fetch(`${base}/tools/search`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: "opticks light in:fulltext", limit: 1 }) })).json();
const readable = found.results[0]?.id ?? hostile;

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
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    foreign: document.querySelectorAll("main script, main img, main iframe, main object, main [onerror], main [style]").length,
  }));
  need(content.titles === 1 && content.lang === "en" && content.wide <= 0 && content.foreign === 0, JSON.stringify(content));
  for (const summary of await page.locator("summary").all()) await summary.click();
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
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3)}`);
  need(found.length === 0, found.join("; "));
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
