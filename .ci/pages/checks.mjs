// Checks of one page in Chromium, for the programs that open the pages of a server.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { need } from "./rows.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const maxBytes = 60_000;

// The screens that a page is checked on, each in light and dark.
export const screens = {
  phone: { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 } },
};

// visit opens a page of a context and checks it: what Lighthouse would (title, language,
// viewport, description, sizes of targets, errors), size, width, requests to other
// hosts, what library text becomes, and accessibility in light and dark. options has the
// status and the folder of screenshots.
export async function visit(context, screen, name, url, options = {}) {
  const { status = 200, folder } = options;
  const page = await context.newPage();
  const heard = listen(page, new URL(url).origin);
  const response = await page.goto(url);
  need(response.status() === status, `status ${response.status()}`);
  const size = (await response.body()).length;
  need(size < maxBytes, `${size} bytes`);
  await formed(page);
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await sized(page);
  await seen(page, screen, name, folder);
  need(heard.elsewhere.length === 0, `requests to ${heard.elsewhere}`);
  // Chromium itself reports every page whose status is an error.
  const reported = heard.complaints.filter((text) => !text.includes(`the server responded with a status of ${status}`));
  need(reported.length === 0, reported.join("; "));
  await page.close();
}

// listen collects what a page complains of, and its requests to other origins. What the
// page of an expected origin says is left out.
export function listen(page, origin, expected = origin) {
  const heard = { complaints: [], elsewhere: [] };
  const ours = (url) => expected === origin || !url.startsWith(expected);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && ours(message.location().url) && heard.complaints.push(message.text()));
  page.on("pageerror", (error) => heard.complaints.push(String(error)));
  page.on("dialog", (dialog) => (heard.complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => new URL(request.url()).origin !== origin && ours(request.url()) && heard.elsewhere.push(request.url()));
  return heard;
}

// formed checks the head of a page, its width, and that library text became no element.
async function formed(page) {
  const content = await page.evaluate(() => ({
    titles: document.querySelectorAll("h1").length,
    lang: document.documentElement.lang,
    title: document.title,
    viewport: document.querySelector("meta[name=viewport]")?.content ?? "",
    description: document.querySelector("meta[name=description]")?.content ?? "",
    foreign: document.querySelectorAll("main script, main img, main iframe, main object, main [onerror], main [style]").length,
  }));
  need(content.titles === 1 && content.lang === "en" && content.foreign === 0, JSON.stringify(content));
  need(content.title.endsWith("Stackroom") && content.viewport.includes("width=device-width") && content.description.length > 20, JSON.stringify(content));
}

// sized checks that a page is no wider than the screen, and that what is pressed is not
// too small.
export async function sized(page) {
  const { wide, small } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [...document.querySelectorAll("button, summary, input:not([type=hidden], [type=radio], [type=checkbox]), select, nav a, .chips a, .button")]
      .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80)),
  }));
  need(wide <= 0, `${wide} pixels wider than the screen`);
  need(small.length === 0, `targets below 24 px: ${small}`);
}

// seen checks accessibility of an open page in light and dark, and writes a screenshot
// of each into the folder, if there is one.
export async function seen(page, screen, name, folder) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    if (folder) await page.screenshot({ path: `${folder}/${screen}-${colorScheme}-${name}.png`, fullPage: true });
    await audit(page);
  }
}

// audit runs axe-core on an open page. It is run by the browser's debugger, which the
// policy of the page does not hold up.
export async function audit(page) {
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })`);
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3)}`);
  need(found.length === 0, found.join("; "));
}

// reporting makes a context whose pages have a policy that is only reported.
export async function reporting(browser, options = {}) {
  const context = await browser.newContext(options);
  await context.addInitScript(() => {
    window.reported = [];
    addEventListener("securitypolicyviolation", (e) => window.reported.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await context.route("**/*", async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    if (headers["content-security-policy"]) {
      headers["content-security-policy-report-only"] = headers["content-security-policy"];
      delete headers["content-security-policy"];
    }
    await route.fulfill({ response, headers });
  });
  return context;
}

// reportsNothing opens a page of such a context: it may not break its policy.
export async function reportsNothing(context, url, status = 200) {
  const page = await context.newPage();
  const response = await page.goto(url);
  need(response.status() === status, `status ${response.status()}`);
  need(response.headers()["content-security-policy-report-only"], "no policy");
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  // Reports come later, in order: the one that is planted comes last.
  await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<p style='color:red'>Planted</p>"));
  await page.waitForFunction(() => window.reported.some((r) => r.startsWith("style-src")), undefined, { timeout: 10_000 });
  const reported = await page.evaluate(() => window.reported);
  need(reported.length === 1, `reported: ${reported}`);
  await page.close();
}

// together runs tasks, each a function, a few at a time.
export async function together(tasks, atATime = 2) {
  const left = [...tasks];
  const run = async () => {
    for (let task = left.shift(); task; task = left.shift()) await task();
  };
  await Promise.all(Array.from({ length: atATime }, run));
}
