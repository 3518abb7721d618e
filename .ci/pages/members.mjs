// Walks through the pages of a server with sign-in, as a member and as an admin would:
// sign in, find a passage, read it in its page, copy the citation, take back what an
// assistant changed, end a client; and for an admin what all did. Checks each page as
// browser.mjs does. Writes the pictures of docs/pages.md to a folder, if one is given.
//
//   node members.mjs PLACE.json CHROMIUM [SCREENSHOTS] [PICTURES]
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { audit, listen, reporting, reportsNothing, screens, seen, together, visit } from "./checks.mjs";
import { attempt, control, need } from "./rows.mjs";
import { connect } from "./team.mjs";

const [placeFile, executablePath, folder, pictures] = process.argv.slice(2);
const place = JSON.parse(readFileSync(placeFile, "utf8"));
for (const name of [folder, pictures]) if (name) mkdirSync(name, { recursive: true });
const admin = 1001;
const member = 1003;
const question = "do bodies act upon light at a distance";

const work = await attempt("clients of two members call tools", activity);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const desktop = { ...screens.desktop, ignoreHTTPSErrors: true };
const phone = { ...screens.phone, ignoreHTTPSErrors: true };
const context = await browser.newContext({ ...desktop, viewport: { width: 900, height: 700 }, permissions: ["clipboard-read", "clipboard-write"] });
context.setDefaultTimeout(15_000);
const page = await context.newPage();
const heard = listen(page, place.public, place.zotero);
await attempt("member: opens the team's address and signs in", signsIn);
await attempt("member: finds a passage, reads it in its page and copies the citation", reads);
await attempt("member: makes a token", makesToken);
await attempt("member: sees what an assistant changed, and takes it back", takesBack);
await attempt("member: sees what clients did, and ends one", endsClient);
await attempt("member: may not see the page of the admins", () => refused(page));
await attempt("member: the pages complain of nothing and ask only this server and Zotero", quiet);
await checkPages("member", await context.storageState(), {
  front: "/", found: `/search?q=${encodeURIComponent(question)}`, work: `/works/${work}`, libraries: "/libraries", changes: "/changes", activity: "/activity", tokens: "/account/tokens",
});
await context.close();

const office = await browser.newContext(desktop);
await attempt("admin: sees members, clients, tools, errors and replicas", sees);
await checkPages("admin", await office.storageState(), { admin: "/admin", week: "/admin?days=7", wrongDays: "/admin?days=2" });
await office.close();
await browser.close();

// activity lets clients of two members call tools, one of them with an error, and one
// change a work. A restart saves what they did, so that each process shows all. It
// returns the ID of the work.
async function activity() {
  const code = await connect(place, "Claude Code", member, true);
  const chat = await connect(place, "ChatGPT", member);
  const cursor = await connect(place, "Cursor", admin);
  const { results: [{ id }] } = await code("search", { query: question, library: "local", limit: 3 });
  await code("read_text", { id, question });
  const { plan } = await code("update_items", { ids: [id], fields: { place: "Oxford", edition: "5th" }, add_tags: ["to read"] });
  await code("apply_changes", { plan });
  await chat("search", { query: "natural selection" });
  await chat("fetch", { id });
  await chat("fetch", { id: "local/ZZZZ2222" }, true);
  await cursor("list_libraries", {});
  await cursor("search", { query: "information retrieval" });
  await cursor("export", { library: "local", format: "bibtex" });
  await control(place).post("/restart");
  return id;
}

// throughZotero follows a link to Zotero, consents as a user, and comes back.
async function throughZotero(page, link, user) {
  await link.click();
  await page.waitForURL(`${place.zotero}/**`);
  await page.locator("select[name=user]").selectOption(String(user));
  await page.getByRole("button", { name: "Accept" }).click();
  await page.waitForURL(`${place.public}/**`);
}

// picture takes a picture for the docs.
async function picture(name, fullPage = false) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage });
}

// heading returns the heading of the page.
function heading() {
  return page.locator("h1").innerText();
}

async function signsIn() {
  await page.goto(place.public);
  need((await heading()) === "Connect to Stackroom", await heading());
  await picture("walk-connect");
  await page.getByRole("link", { name: "Search your libraries" }).click();
  need((await heading()) === "Sign in to read your libraries", await heading());
  await audit(page);
  await throughZotero(page, page.getByRole("link", { name: "Sign in" }), member);
  need(page.url() === `${place.public}/search`, page.url());
}

async function reads() {
  await page.locator("#q").fill(question);
  await page.locator("#q").press("Enter");
  await page.waitForURL(/q=/);
  await picture("walk-search");
  await page.locator(".results a").first().click();
  need((await page.locator("#passages ~ blockquote mark").count()) > 0, "no passage is marked");
  await page.getByRole("link", { name: "in its page" }).first().click();
  need((await page.locator("#text .text mark").count()) > 0, "the passage is not marked in its page");
  await page.locator("#text mark").first().scrollIntoViewIfNeeded();
  await picture("walk-page");
  await page.locator("#style").selectOption("ieee");
  await page.locator("#cite button", { hasText: "Show" }).click();
  await page.locator("#cite button", { hasText: "Copy" }).click();
  await page.locator("#cite button", { hasText: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  need(copied === (await page.locator("#cite pre").innerText()) && copied.startsWith("[1]"), copied);
  await picture("walk-cite");
}

async function makesToken() {
  await page.goto(`${place.public}/account/tokens`);
  await page.getByLabel("What is it for?").fill("Nightly backup");
  await page.getByRole("button", { name: "Make the token" }).click();
  need((await page.locator("#token").inputValue()).startsWith("sr_pat_"), "no token");
  await audit(page);
}

async function takesBack() {
  await page.goto(`${place.public}/changes`);
  need((await page.locator("#receipts ~ .results button").count()) === 0, "a browser that only reads may undo");
  await throughZotero(page, page.getByRole("link", { name: "Allow changes in this browser" }), member);
  await picture("walk-changes");
  await page.locator("#receipts ~ .results button").first().click();
  need((await heading()).startsWith("Take back"), await heading());
  await seen(page, "desktop", "member-plan", folder);
  await page.emulateMedia({ colorScheme: "light" });
  await picture("walk-undo");
  await page.getByRole("button", { name: "Undo these changes" }).click();
  need((await heading()) === "Undone", await heading());
  await page.goto(`${place.public}/works/${work}`);
  need(!(await page.locator("main").innerText()).includes("Oxford"), "not taken back");
}

async function endsClient() {
  await page.goto(`${place.public}/activity`);
  const rows = await page.locator("tbody").innerText();
  need(rows.includes("apply_changes") && rows.includes("not_found") && rows.includes("chatgpt") && !rows.includes("cursor"), rows);
  need(!rows.includes("browser"), "calls of pages are listed");
  await picture("walk-activity", true);
  await page.getByRole("button", { name: "Disconnect ChatGPT" }).click();
  await page.waitForURL(`${place.public}/activity`);
  await page.getByRole("button", { name: "Disconnect ChatGPT" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Revoke Nightly backup" }).waitFor();
}

// refused holds that /admin answers this person as an unknown page does.
async function refused(page) {
  const bodies = [];
  for (const path of ["/admin", "/nowhere"]) {
    const response = await page.goto(place.public + path);
    need(response.status() === 404, `${path}: ${response.status()}`);
    bodies.push((await response.text()).replaceAll(path, ""));
  }
  need(bodies[0] === bodies[1], "/admin differs from an unknown page");
}

function quiet() {
  const complaints = heard.complaints.filter((text) => !/status of (401|404)/.test(text));
  need(complaints.length === 0 && heard.elsewhere.length === 0, `${complaints} ${heard.elsewhere}`);
}

async function sees() {
  const page = await office.newPage();
  await page.goto(`${place.public}/activity`);
  await throughZotero(page, page.getByRole("link", { name: "Sign in" }), admin);
  await page.getByRole("link", { name: "what all members did" }).click();
  const text = await page.locator("main").innerText();
  for (const wanted of ["zotero:1001", "zotero:1003", "claude-code", "chatgpt", "cursor", "apply_changes", "not_found", "Upstream"]) {
    need(text.includes(wanted), `no ${wanted}: ${text}`);
  }
  for (const word of [question, "Opticks", "sr_"]) need(!text.includes(word), `${word} is shown`);
  await page.setViewportSize({ width: 900, height: 1100 });
  if (pictures) await page.screenshot({ path: `${pictures}/walk-admin.png` });
  await page.close();
}

// checkPages checks pages of a person on each screen, under a policy that is only
// reported, and without scripts.
async function checkPages(who, storageState, addresses) {
  const contexts = {};
  for (const [screen, options] of Object.entries({ desktop, phone })) contexts[screen] = await browser.newContext({ ...options, storageState });
  const reported = await reporting(browser, { ignoreHTTPSErrors: true, storageState });
  const plain = await browser.newContext({ ignoreHTTPSErrors: true, storageState, javaScriptEnabled: false });
  await together(Object.entries(addresses).flatMap(([name, address]) => {
    const url = place.public + address;
    const status = name === "wrongDays" ? 422 : 200;
    return [
      ...Object.entries(contexts).map(([screen, context]) => () => attempt(`${who}, ${screen}: ${name}`, () => visit(context, screen, `${who}-${name}`, url, { status, folder }))),
      () => attempt(`${who}, policy, only reported: ${name}`, () => reportsNothing(reported, url, status)),
    ];
  }));
  await attempt(`${who}: without scripts the links lead on`, () => leadsOn(plain, Object.values(addresses)[0]));
  await Promise.all([...Object.values(contexts), reported, plain].map((c) => c.close()));
}

// leadsOn follows a link of the header and, on the page of the admins, of the days.
async function leadsOn(context, address) {
  const page = await context.newPage();
  await page.goto(place.public + address);
  for (const link of [page.locator(".chips a", { hasText: "7 days" }), page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Activity" })]) {
    if ((await link.count()) === 0) continue;
    await link.click();
    need(page.url() === new URL(await page.locator("[aria-current=page]").first().getAttribute("href"), place.public).href, page.url());
  }
  await page.close();
}
