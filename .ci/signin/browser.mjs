// Opens every page in Chromium and signs in through all of them: on a phone and
// on a desktop, light and dark, with pointer and keyboard. The console must stay
// empty, including violations of the pages' policy. Writes screenshots to FOLDER,
// unless it is empty.
//
//   node browser.mjs PLACE.json FOLDER [CHROMIUM]
import { readFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { attempt, need } from "./rows.mjs";

const [placeFile, folder, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const place = JSON.parse(readFileSync(placeFile, "utf8"));
if (folder) mkdirSync(folder, { recursive: true });

const screens = {
  "phone-light": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme: "light" },
  "phone-dark": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme: "dark" },
  "desktop-light": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};

// A client name that tries to mislead the reader of the page.
const hostile = `Zotero\u202e\u0000 <script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1) ${"very ".repeat(600)}long`;

// The client, on this computer, to which the browser returns.
const arrived = [];
const listener = createServer((request, response) => {
  arrived.push(new URL(request.url, "http://127.0.0.1"));
  response.setHeader("content-type", "text/html");
  response.end("<!doctype html><html lang=en><title>Client</title><link rel=icon href=data:,><p>You can go back to your client.");
});
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
const redirect = `http://127.0.0.1:${listener.address().port}/callback`;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
for (const [name, screen] of Object.entries(screens)) {
  const context = await browser.newContext({ ...screen, ignoreHTTPSErrors: true, permissions: ["clipboard-read", "clipboard-write"] });
  await setupPage(name, context);
  await signInByHand(name, context);
  await attempt(`${name}: a token is made, shown once, listed and revoked`, () => tokenByHand(context, name));
  await context.close();
}
const plain = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
await attempt("without scripts: the setup page shows everything but the copy buttons", async () => {
  const page = await plain.newPage();
  await page.goto(place.public);
  need((await page.locator("#url").inputValue()) === `${place.public}/mcp`, "the address is not there");
  need((await page.locator("button").count()) === 0, "a button that does nothing");
  await page.locator("#claude summary").click();
  need(await page.locator("#claude pre").isVisible(), "instructions stay closed");
});
await attempt("without scripts: signing in works", () => walk(plain, "Plain client", 1001));
await attempt("without scripts: a token is made and revoked", () => tokenByHand(plain));
await plain.close();
await browser.close();
listener.close();

// picture writes a screenshot of the whole page.
async function picture(page, name) {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

// open returns a page, and the problems that it reports.
async function open(context) {
  const page = await context.newPage();
  const complaints = [];
  // The simulated Zotero has no icon; that is not a fault of the server.
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !message.location().url.startsWith(place.zotero) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => (complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  return { page, complaints };
}

async function setupPage(name, context) {
  const { page, complaints } = await open(context);
  await attempt(`${name}: the setup page is well formed`, async () => {
    const answer = await page.goto(place.public);
    need(answer.status() === 200, `status ${answer.status()}`);
    await shape(page);
    await picture(page, `${name}-setup`);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await wide(page);
    await picture(page, `${name}-setup-open`);
  });
  await attempt(`${name}: the copy button copies the address`, async () => {
    const button = page.locator("#url + button");
    await button.click();
    need((await page.evaluate(() => navigator.clipboard.readText())) === `${place.public}/mcp`, "the clipboard has other text");
    need((await button.textContent()) === "Copied", "the button does not confirm it");
  });
  await attempt(`${name}: the keyboard reaches everything on the setup page`, () => reachable(page));
  await attempt(`${name}: the setup page reports no problems`, () => silent(complaints));
  await page.close();
}

async function signInByHand(name, context) {
  await attempt(`${name}: consent shows a hostile name as truncated text, and the client's host`, async () => {
    const { page, complaints } = await open(context);
    await page.goto(await authorize(hostile));
    await shape(page);
    await wide(page);
    const text = await page.locator("main").innerText();
    need(text.includes("127.0.0.1") && text.includes("your own computer") && text.includes("<script>"), text);
    need(!/[\u202e\u0000]/.test(text) && text.length < 3000, `${text.length} characters`);
    need((await page.locator("main script, main img").count()) === 0, "the name became elements");
    await reachable(page);
    await picture(page, `${name}-consent-hostile`);
    silent(complaints);
    await page.close();
  });
  await attempt(`${name}: signs in: consent, Zotero, client`, () => walk(context, "Claude Code", 1001, name));
  await attempt(`${name}: the page after sign-in shows extra rights`, async () => {
    const to = await walk(context, "Claude Code", 1001, name, { write_access: "1" });
    need(to.searchParams.has("code"), "no code came");
  });
  await attempt(`${name}: cancelling redirects with access_denied`, async () => {
    const { page, complaints } = await open(context);
    arrived.length = 0;
    await page.goto(await authorize("Claude Code"));
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.waitForURL(`${redirect}*`);
    need(arrived[0].searchParams.get("error") === "access_denied", arrived[0].search);
    silent(complaints);
    await page.close();
  });
  await attempt(`${name}: the error page says what to do, and does not redirect`, async () => {
    const { page, complaints } = await open(context);
    const answer = await page.goto(`${await authorize("Claude Code")}&redirect_uri=https://evil.example/`);
    need(answer.status() === 400 && page.url().startsWith(place.public), `status ${answer.status()} at ${page.url()}`);
    await shape(page);
    await wide(page);
    await picture(page, `${name}-wrong`);
    // Chromium itself reports every page whose status is an error.
    silent(complaints.filter((text) => !text.includes("the server responded with a status of 400")));
    await page.close();
  });
}

// walk signs a user in by hand, with changes to Zotero's form, and returns the
// URL at which the client was called.
async function walk(context, clientName, user, name, changes = {}) {
  const { page, complaints } = await open(context);
  arrived.length = 0;
  await page.goto(await authorize(clientName));
  await shape(page);
  await wide(page);
  if (name) await picture(page, `${name}-consent`);
  const button = page.getByRole("button", { name: "Continue to Zotero" });
  if (name) await button.focus().then(() => page.keyboard.press("Enter"));
  else await button.click();
  await page.waitForURL(`${place.zotero}/**`);
  await page.locator("select[name=user]").selectOption(String(user));
  for (const [field, value] of Object.entries(changes)) await page.locator(`input[name=${field}]`).fill(value);
  await page.getByRole("button", { name: "Accept" }).click();
  if (Object.keys(changes).length > 0) {
    await page.getByRole("link", { name: "Continue" }).waitFor();
    await shape(page);
    await wide(page);
    if (name) await picture(page, `${name}-signed-in`);
    await page.getByRole("link", { name: "Continue" }).click();
  }
  await page.waitForURL(`${redirect}*`);
  const cookies = await context.cookies(place.public);
  for (const cookie of cookies.filter((c) => c.name.includes("stackroom"))) {
    need(cookie.name.startsWith("__Host-") && cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax", JSON.stringify(cookie));
    need(!cookie.name.includes("login"), "the cookie of a sign-in outlives it");
  }
  silent(complaints);
  await page.close();
  const [to] = arrived;
  need(to?.searchParams.get("code") && to.searchParams.get("state") === "a state" && to.searchParams.get("iss") === place.public, String(to));
  return to;
}

// tokenByHand signs a member in to the account pages, makes a token for one
// library, uses it and revokes it.
async function tokenByHand(context, name) {
  const { page, complaints } = await open(context);
  const look = async (what) => {
    await shape(page);
    await wide(page);
    if (name) await picture(page, `${name}-${what}`);
  };
  await page.goto(`${place.public}/account/tokens`);
  await look("account-sign-in");
  await page.getByRole("link", { name: "Sign in with Zotero" }).click();
  await page.waitForURL(`${place.zotero}/**`);
  await page.locator("select[name=user]").selectOption("1001");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.waitForURL(`${place.public}/account/tokens`);
  await look("account-tokens");
  if (name) await reachable(page);
  await page.getByLabel("What is it for?").fill("Backup");
  await page.getByLabel("Only these").check();
  await page.locator('input[name=library][value="group:4711"]').check();
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = await page.locator("#token").inputValue();
  need(token.startsWith("sr_pat_"), token.slice(0, 20));
  await look("account-made");
  const call = () => fetch(`${place.public}/tools/list_libraries`, {
    method: "POST", body: "{}", headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
  });
  const libraries = await (await call()).text();
  need(libraries.includes("group:4711") && !libraries.includes("user:1001"), libraries.slice(0, 300));
  await page.getByRole("link", { name: "Back to your tokens" }).click();
  await look("account-listed");
  await page.getByRole("button", { name: "Revoke Backup" }).click();
  await page.getByText("You have none.").waitFor();
  for (let i = 0; !name && (await call()).status !== 401; i++) { // every process, within a minute
    need(i < 80, "the token is accepted for more than 40 s");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in with Zotero" }).waitFor();
  const left = (await context.cookies(place.public)).filter((c) => /session|account/.test(c.name));
  need(left.length === 0, JSON.stringify(left.map((c) => c.name)));
  silent(complaints);
  await page.close();
}

// authorize registers a client of that name and returns the URL of its request.
async function authorize(client_name) {
  const answer = await fetch(`${place.public}/register`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name, redirect_uris: [redirect], token_endpoint_auth_method: "none" }),
  });
  need(answer.status === 201, `/register answers ${answer.status}`);
  const { client_id } = await answer.json();
  return `${place.public}/authorize?${new URLSearchParams({
    client_id, redirect_uri: redirect, response_type: "code", state: "a state", resource: `${place.public}/mcp`,
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
  })}`;
}

// shape checks what a screen reader needs: language, title, one heading of the
// first level, no skipped level, landmarks, and a name for every control.
async function shape(page) {
  const faults = await page.evaluate(() => {
    const found = [];
    const say = (good, fault) => good || found.push(fault);
    say(document.documentElement.lang === "en", "no language");
    say(document.title.length > 0, "no title");
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => Number(h.tagName[1]));
    say(levels.filter((l) => l === 1).length === 1 && levels[0] === 1, `headings ${levels}`);
    say(levels.every((l, i) => i === 0 || l <= levels[i - 1] + 1), `a level is skipped: ${levels}`);
    for (const landmark of ["header", "main", "footer"]) say(document.querySelectorAll(`body > ${landmark}`).length === 1, `no ${landmark}`);
    for (const e of document.querySelectorAll("a, button, summary")) say(e.textContent.trim(), `a ${e.tagName} without a name`);
    for (const e of document.querySelectorAll("textarea, select, input:not([type=hidden])")) say(e.labels.length > 0, `a ${e.tagName} without a label`);
    return found;
  });
  need(faults.length === 0, faults.join("; "));
}

// wide fails if an element makes the page wider than the screen.
async function wide(page) {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  need(content <= screen, `${content} pixels on a screen of ${screen}`);
}

// reachable presses Tab until the focus returns to the start, and compares the
// elements that had a visible focus with all controls.
async function reachable(page) {
  await page.evaluate(() => document.activeElement?.blur());
  const all = await page.evaluate(() => [...document.querySelectorAll("a[href], button, summary, textarea, input:not([type=hidden]):not([type=radio]:not(:checked)), pre[tabindex]")]
    .filter((e) => e.checkVisibility()).map((e, i) => ((e.dataset.number = String(i)), i)));
  const met = new Set();
  for (let i = 0; i < all.length + 3; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e);
      return { number: e.dataset.number, shown: style.outlineStyle !== "none" || e.classList.contains("skip"), what: e.outerHTML.slice(0, 80) };
    });
    if (at.number === undefined) continue;
    need(at.shown, `the focus is not visible on ${at.what}`);
    met.add(Number(at.number));
  }
  const missed = all.filter((i) => !met.has(i));
  need(missed.length === 0, `${missed.length} of ${all.length} can't be reached`);
}

function silent(complaints) {
  need(complaints.length === 0, `the console says: ${complaints.join(" | ").slice(0, 300)}`);
}
