// Adds PDF files on the page of a work in Chromium, as a person does: on a phone and a
// desktop, light and dark, without scripts. Checks the form and its answers with
// axe-core, and that a file which is no PDF or too large gets a page that says so.
// Writes screenshots to FOLDER, if it is given.
//
//   node upload.mjs URL CHROMIUM WORK LARGE [FOLDER]
//
// LARGE is a file that is too large.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { screens, seen, sized } from "./checks.mjs";
import { attempt, need } from "./rows.mjs";

const [base, executablePath, work, large, folder] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });

// pdf is a file that names itself a PDF.
const pdf = (text) => ({ name: "chosen.pdf", mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${text}\n`) });

// send chooses a file on the work's page and sends the form.
async function send(page, file) {
  await page.goto(`${base}/works/${work}`);
  await page.locator("#file").setInputFiles(file);
  const [response] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST", { timeout: 60_000 }), page.locator("form[enctype] button").click()]);
  await page.waitForLoadState();
  return response;
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });

// adds adds a file, and checks the form and the page that answers.
async function adds(name, screen) {
  const context = await browser.newContext({ ...screen, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${base}/works/${work}`);
  need((await page.locator("label[for=file]").innerText()).includes("at most 50 MB"), await page.locator("main").innerText());
  const response = await send(page, pdf(name));
  need(response.status() === 200 && (await page.locator("h1").innerText()) === "File added", `${response.status()} ${await page.locator("main").innerText()}`);
  await page.getByRole("link", { name: "The work", exact: true }).click();
  need(page.url() === `${base}/works/${work}`, page.url());
  await context.close();
  const checked = await browser.newPage(screen);
  await checked.goto(`${base}/works/${work}`);
  await sized(checked);
  await seen(checked, name, "file-form", folder);
  await send(checked, pdf(`${name} again`));
  await sized(checked);
  await seen(checked, name, "file-added", folder);
  await checked.close();
}

// refuses holds that a person reads why a file is not taken.
async function refuses(file, status, says) {
  const page = await browser.newPage();
  const response = await send(page, file);
  const text = await page.locator("main").innerText();
  need(response.status() === status && text.includes(says), `${response.status()} ${text}`);
  await page.close();
}

for (const [name, screen] of Object.entries(screens)) {
  await attempt(`${name}: add a file to a work`, () => adds(name, screen));
}
await attempt("a file that is no PDF is refused", () => refuses({ name: "page.pdf", mimeType: "application/pdf", buffer: Buffer.from("<script>alert(1)</script>") }, 422, "no PDF file"));
await attempt("a file that the work has is refused", () => refuses(pdf("desktop"), 409, "has this file already"));
await attempt("a file that is too large is refused with a page", () => refuses(large, 413, "larger than 50 MB"));
await browser.close();
